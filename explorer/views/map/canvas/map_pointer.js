// The pointer on the map: the wheel zooms, a drag pans, two fingers pinch, a tap chooses a picture.

import { originOf } from "../../common/keys.js"

/** @typedef {import("./map_page.js").Place} Place */

const ZOOM_STEP = 1.0018 // factor per wheel pixel
const TAP_SLACK = 5 // CSS pixels that a tap may move

export class Pointer {
  #root
  #camera
  #selecting
  #tip
  #tap
  /** @type {Map<number, Place>} */
  #pointers = new Map()
  /** @type {{ at: Place, moved: number } | null} start of the drag, and its length */
  #drag = null
  /** When the wheel last turned, in ms; 0 if it has not turned since the last frame. */
  wheelAt = 0

  /**
   * @param {HTMLElement} root
   * @param {import("./map_camera.js").Camera} camera
   * @param {Object} parts
   * @param {import("./map_selection.js").Selecting} parts.selecting
   * @param {import("./map_tip.js").Tip} parts.tip
   * @param {(px: number, py: number, mark: boolean) => void} parts.tap
   */
  constructor(root, camera, { selecting, tip, tap }) {
    this.#root = root
    this.#camera = camera
    this.#selecting = selecting
    this.#tip = tip
    this.#tap = tap
    root.addEventListener("wheel", (event) => this.#wheel(event), { passive: false })
    root.addEventListener("pointerdown", (event) => this.#down(event))
    root.addEventListener("pointermove", (event) => this.#move(event))
    root.addEventListener("pointerup", (event) => this.#release(event))
    root.addEventListener("pointercancel", (event) => this.#release(event))
    root.addEventListener("pointerleave", this.#tip.hide)
    root.addEventListener("dblclick", (event) => {
      if (!originOf(event)?.closest("button") && !this.#selecting.mode()) {
        this.#camera.zoomAt(...this.#position(event), event.shiftKey ? 0.5 : 2)
      }
    })
  }

  /** @param {MouseEvent} event */
  #position(event) {
    const box = this.#root.getBoundingClientRect()
    return /** @type {const} */ ([event.clientX - box.left, event.clientY - box.top])
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault()
    this.wheelAt = performance.now()
    const unit = event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? this.#camera.size().h : 1
    const delta = Math.max(-400, Math.min(400, event.deltaY * unit))
    this.#camera.zoomAt(...this.#position(event), Math.pow(ZOOM_STEP, -delta * (event.ctrlKey ? 4 : 1)))
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0 || originOf(event)?.closest("button")) {
      return
    }
    this.#root.focus({ preventScroll: true })
    this.#root.setPointerCapture(event.pointerId)
    this.#pointers.set(event.pointerId, this.#position(event))
    this.#drag = { at: this.#position(event), moved: 0 }
    if (this.#pointers.size === 1) {
      this.#selecting.down(event, this.#position(event))
    } else {
      this.#selecting.cancel()
    }
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const at = this.#position(event),
      before = this.#pointers.get(event.pointerId)
    if (!before) {
      this.#tip.hover(at)
      return
    }
    this.#pointers.set(event.pointerId, at)
    if (this.#pointers.size === 2) {
      this.#pinch(event.pointerId, at, before)
      return
    }
    if (!this.#drag || this.#selecting.move(at)) {
      return
    }
    this.#drag.moved = Math.max(this.#drag.moved, distance(at, this.#drag.at))
    if (this.#drag.moved > TAP_SLACK) {
      this.#root.classList.add("dragging")
      this.#camera.panBy(at[0] - before[0], at[1] - before[1])
    }
  }

  /** @param {number} id @param {Place} at @param {Place} before */
  #pinch(id, at, before) {
    const other = [...this.#pointers].find(([one]) => one !== id)?.[1] ?? at
    this.#drag = { at, moved: TAP_SLACK + 1 }
    const factor = distance(at, other) / Math.max(1, distance(before, other))
    this.#camera.zoomAt((at[0] + other[0]) / 2, (at[1] + other[1]) / 2, factor)
  }

  /** @param {PointerEvent} event */
  #release(event) {
    if (!this.#pointers.delete(event.pointerId)) {
      return
    }
    this.#root.classList.remove("dragging")
    const drawn = this.#selecting.up(event)
    if (!drawn && event.type === "pointerup" && this.#drag && this.#drag.moved <= TAP_SLACK) {
      this.#tap(...this.#position(event), event.ctrlKey || event.metaKey)
    }
    if (!this.#pointers.size) {
      this.#drag = null
    }
  }
}

/** @param {Place} a @param {Place} b */
function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1])
}
