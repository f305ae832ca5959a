// Holds and paints frames: the newest, a wider one behind it, and the originals of large pictures.

import { drawOriginal } from "./map_overlays.js"

/** @typedef {import("./map_page.js").Box} Box */
/** @typedef {Omit<Server.FrameMessage, "picture"> & { bitmap: ImageBitmap }} Frame */

export class Frames {
  #root
  #model
  #camera
  #placeOverlays
  #canvas
  #context
  /** @type {Frame | null} the newest */
  #frame = null
  /** @type {Frame | null} a wider one of the same content */
  #backdrop = null
  /** @type {{ bitmap: ImageBitmap, box: Box, serial: number }[]} */
  #originals = []
  #newest = 0
  #painted = false
  #frozen = false

  /**
   * @param {import("./map_page.js").MapPage} page
   * @param {Server.MapCanvas} model
   * @param {import("./map_camera.js").Camera} camera
   * @param {() => void} placeOverlays
   */
  constructor({ root, canvas }, model, camera, placeOverlays) {
    this.#root = root
    this.#model = model
    this.#camera = camera
    this.#placeOverlays = placeOverlays
    this.#canvas = canvas
    const context = canvas.getContext("2d", { alpha: false })
    if (!context) {
      throw new Error("This browser cannot draw on a canvas.")
    }
    this.#context = context
  }

  /** The newest frame, or null. */
  get current() {
    return this.#frame
  }

  // Return whether the frame of a message is now the one on screen. `decoded` is called after the picture was decoded.
  /** @param {Server.FrameMessage} message @param {() => void} decoded */
  async take(message, decoded) {
    this.#newest = Math.max(this.#newest, message.serial)
    const bitmap = await createImageBitmap(new Blob([message.picture], { type: message.mime })).catch(() => null)
    decoded()
    if (!bitmap) {
      return false
    }
    if (message.layout !== this.#model.layout_name || (this.#frame && message.serial < this.#frame.serial)) {
      bitmap.close()
      return false
    }
    this.#frozen = false
    const { picture, ...frame } = message
    this.#keep({ ...frame, bitmap })
    return true
  }

  // The widest frame of the same content stays behind the newest, so that zooming out shows a coarse picture, not a gap.
  /** @param {Frame} next */
  #keep(next) {
    const wider = (/** @type {Frame} */ a, /** @type {Frame} */ b) => a.x1 - a.x0 > b.x1 - b.x0
    if (this.#backdrop && (this.#backdrop.content_number !== next.content_number || !wider(this.#backdrop, next))) {
      this.#backdrop.bitmap.close()
      this.#backdrop = null
    }
    const frame = this.#frame
    if (
      frame &&
      frame.content_number === next.content_number &&
      wider(frame, next) &&
      (!this.#backdrop || wider(frame, this.#backdrop))
    ) {
      this.#backdrop?.bitmap.close()
      this.#backdrop = frame
    } else {
      frame?.bitmap.close()
    }
    this.#frame = next
    this.#dropOriginals(next.serial)
  }

  /** @param {Server.OriginalMessage} message */
  async takeOriginal(message) {
    const bitmap = await createImageBitmap(new Blob([message.picture])).catch(() => null)
    if (!bitmap) {
      return
    }
    // A small original may be decoded before the frame that it belongs to.
    if (message.serial !== this.#newest) {
      bitmap.close()
      return
    }
    this.#originals.push({ bitmap, box: message.box, serial: message.serial })
    this.#root.dataset.originals = String(this.#originals.length)
    this.draw()
  }

  /** @param {number} [except] serial whose originals stay */
  #dropOriginals(except) {
    for (const entry of this.#originals) {
      if (entry.serial !== except) {
        entry.bitmap.close()
      }
    }
    this.#originals = this.#originals.filter((entry) => entry.serial === except)
  }

  drop() {
    for (const held of [this.#frame, this.#backdrop]) {
      held?.bitmap.close()
    }
    this.#frame = this.#backdrop = null
    this.#dropOriginals()
  }

  // The screen stays unchanged until there is another frame.
  freeze() {
    this.#frozen = this.#frame !== null
  }

  draw() {
    if (this.#painted) {
      return
    }
    this.#painted = true
    requestAnimationFrame(() => {
      this.#painted = false
      this.#paint()
    })
  }

  // For benchmarks and tests: number of paintings, and bytes of pictures held.
  #note() {
    const { width, height } = this.#canvas
    const held = [this.#frame, this.#backdrop, ...this.#originals]
      .filter((entry) => entry !== null)
      .map((entry) => entry.bitmap.width * entry.bitmap.height * 4)
    this.#root.dataset.paints = String(Number(this.#root.dataset.paints || 0) + 1)
    this.#root.dataset.held = String(held.reduce((sum, bytes) => sum + bytes, width * height * 4))
  }

  #paint() {
    if (!this.#camera.ready || this.#frozen) {
      return
    }
    this.#note()
    const { w, h } = this.#camera.size(),
      ratio = this.#camera.dpr(),
      canvas = this.#canvas,
      context = this.#context
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
      canvas.width = Math.round(w * ratio)
      canvas.height = Math.round(h * ratio)
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.fillStyle = this.#model.ground
    context.fillRect(0, 0, w, h)
    for (const held of [this.#backdrop, this.#frame]) {
      if (held) {
        this.#paintFrame(held, ratio)
      }
    }
    for (const entry of this.#originals.filter((one) => one.serial === this.#frame?.serial)) {
      drawOriginal(context, entry.bitmap, this.#camera.onScreen(entry.box), this.#model.ground)
    }
    this.#placeOverlays()
  }

  /** @param {Frame} held @param {number} ratio */
  #paintFrame(held, ratio) {
    const [left, top, width, height] = this.#camera.onScreen([held.x0, held.y0, held.x1, held.y1])
    // A frame at its own scale falls on whole pixels and is copied, not smoothed.
    const exact = Math.abs(width - held.width) < 0.5
    this.#context.imageSmoothingEnabled = !exact
    /** @type {Box} */
    const at = exact
      ? [Math.round(left * ratio) / ratio, Math.round(top * ratio) / ratio, held.width, held.height]
      : [left, top, width, height]
    this.#context.fillRect(...at)
    this.#context.drawImage(held.bitmap, ...at)
  }
}
