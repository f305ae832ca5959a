// Requests for frames: sent at once, at most once per animation frame, with only a few open at a time.

const OVERSCAN = 0.1 // margin of a frame beyond each edge, as a share of the view
const MOST_UNANSWERED = 3 // open requests; more would only delay a slow server further
const SPINNER_AFTER = 120 // ms of waiting for a frame after which the spinner appears

export class Requests {
  #root
  #model
  #camera
  #spinner
  #requested = 0
  #answered = 0
  #asked = false
  #pending = false
  #fresh = true
  #timer = 0

  /**
   * @param {import("./map_page.js").MapPage} page
   * @param {Server.MapCanvas} model
   * @param {import("./map_camera.js").Camera} camera
   */
  constructor({ root, spinner }, model, camera) {
    this.#root = root
    this.#model = model
    this.#camera = camera
    this.#spinner = spinner
  }

  ask() {
    this.#pending = true
    if (this.#asked || this.#requested - this.#answered >= MOST_UNANSWERED) {
      return
    }
    this.#asked = true
    this.#pending = false
    const { w, h } = this.#camera.size(),
      { cx, cy, scale } = this.#camera.view,
      half = { x: (w / scale) * (0.5 + OVERSCAN), y: (h / scale) * (0.5 + OVERSCAN) }
    this.#requested += 1
    this.#root.dataset.requested = String(this.#requested)
    this.#root.dataset.scale = scale.toFixed(3)
    this.#timer ||= setTimeout(() => {
      this.#spinner.hidden = false
    }, SPINNER_AFTER)
    this.#model.send_msg({
      type: "view",
      id: this.#requested,
      fresh: this.#fresh,
      dpr: this.#camera.dpr(),
      margin: OVERSCAN,
      width: Math.round(w * (1 + 2 * OVERSCAN)),
      height: Math.round(h * (1 + 2 * OVERSCAN)),
      x0: cx - half.x,
      y0: cy - half.y,
      x1: cx + half.x,
      y1: cy + half.y,
    })
    this.#fresh = false
    requestAnimationFrame(() => {
      this.#asked = false
      if (this.#pending) {
        this.ask()
      }
    })
  }

  // A request was answered, by a frame or by a problem.
  /** @param {number} id */
  finish(id) {
    this.#answered = Math.max(this.#answered, id)
    if (this.#pending) {
      this.ask()
    }
    if (this.#answered < this.#requested) {
      return
    }
    clearTimeout(this.#timer)
    this.#timer = 0
    this.#spinner.hidden = true
  }

  // Return whether a request is the newest.
  /** @param {number} id */
  isLatest(id) {
    return id === this.#requested && !this.#pending
  }

  // A suspended page may have missed messages.
  wake() {
    this.#fresh = true
    this.#asked = false
    this.#answered = this.#requested
    this.ask()
  }

  end() {
    clearTimeout(this.#timer)
  }
}
