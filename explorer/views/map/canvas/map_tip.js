// The tip for a resting pointer: requests the caption from the server and shows it beside the pointer.

const HOVER_AFTER = 110 // ms of rest before the caption is requested

export class Tip {
  #model
  #camera
  #frames
  #box
  #text
  #more
  #timer = 0

  /**
   * @param {import("./map_page.js").MapPage} page
   * @param {Server.MapCanvas} model
   * @param {import("./map_camera.js").Camera} camera
   * @param {import("./map_frames.js").Frames} frames
   */
  constructor({ tip }, model, camera, frames) {
    this.#box = tip.box
    this.#text = tip.text
    this.#more = tip.more
    this.#model = model
    this.#camera = camera
    this.#frames = frames
  }

  /** @param {import("./map_page.js").Place} at */
  hover(at) {
    this.hide()
    this.#timer = setTimeout(() => {
      const frame = this.#frames.current
      if (!frame || !this.#camera.ready) {
        return
      }
      const [x, y] = this.#camera.toLayout(...at)
      this.#box.dataset.at = at.join()
      this.#model.send_msg({ type: "hover", x, y, level: frame.level, at: at.join() })
    }, HOVER_AFTER)
  }

  hide = () => {
    clearTimeout(this.#timer)
    this.#box.hidden = true
    this.#box.dataset.at = ""
  }

  /** @param {Server.TipMessage} message */
  show(message) {
    const box = this.#box
    if (message.at !== box.dataset.at || !message.text) {
      return
    }
    const [x, y] = message.at.split(",").map(Number),
      { w } = this.#camera.size()
    this.#text.textContent = message.text
    this.#more.textContent = message.more
    box.hidden = false
    box.style.left = `${Math.min(Math.max(8, x + 14), Math.max(8, w - box.offsetWidth - 8))}px`
    box.style.top = `${Math.max(8, y - box.offsetHeight - 10)}px`
  }

  end() {
    clearTimeout(this.#timer)
  }
}
