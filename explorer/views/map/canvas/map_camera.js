// The visible part of the layout: a centre (cx, cy) in layout units, y up, and a scale in CSS pixels per unit.

/** @typedef {import("./map_page.js").Box} Box */
/** @typedef {{ cx: number, cy: number, scale: number }} View */

const FILL = 0.92 // share of the window that one picture fills at the largest zoom
const MAX_DPR = 2

export class Camera {
  #root
  #model
  #moved
  /** @type {View} */
  #view = { cx: 0, cy: 0, scale: 1 }
  /** Whether there is a view. There is none until the map has room on the screen. */
  ready = false

  /** @param {HTMLElement} root @param {Server.MapCanvas} model @param {() => void} moved */
  constructor(root, model, moved) {
    this.#root = root
    this.#model = model
    this.#moved = moved
  }

  get view() {
    return this.#view
  }

  set view(view) {
    this.#view = view
    this.ready = true
  }

  size() {
    return { w: Math.max(1, this.#root.clientWidth), h: Math.max(1, this.#root.clientHeight) }
  }

  middle() {
    const { w, h } = this.size()
    return /** @type {const} */ ([w / 2, h / 2])
  }

  dpr() {
    return Math.min(MAX_DPR, window.devicePixelRatio || 1)
  }

  /** @param {number} x @param {number} y */
  toScreen = (x, y) => {
    const { w, h } = this.size(),
      { cx, cy, scale } = this.view
    return /** @type {const} */ ([(x - cx) * scale + w / 2, (cy - y) * scale + h / 2])
  }

  /** @param {number} px @param {number} py */
  toLayout = (px, py) => {
    const { w, h } = this.size(),
      { cx, cy, scale } = this.view
    return /** @type {const} */ ([cx + (px - w / 2) / scale, cy - (py - h / 2) / scale])
  }

  // A box of the layout on screen: left, top, width, height.
  /** @param {Box} box @returns {Box} */
  onScreen([x0, y0, x1, y1]) {
    const [left, top] = this.toScreen(x0, y1),
      [right, bottom] = this.toScreen(x1, y0)
    return [left, top, right - left, bottom - top]
  }

  // The view of all images.
  home() {
    const [x0, y0, x1, y1] = this.#model.extent
    const { w, h } = this.size()
    const scale = Math.min(w / (x1 - x0), h / (y1 - y0))
    return { cx: (x0 + x1) / 2, cy: (y0 + y1) / 2, scale }
  }

  atHome() {
    const home = this.home(),
      { cx, cy, scale } = this.view
    return scale <= home.scale && Math.abs(cx - home.cx) + Math.abs(cy - home.cy) < 1e-9
  }

  limit() {
    const home = this.home(),
      { w, h } = this.size(),
      view = this.view
    const closest = Math.max(home.scale, (FILL * Math.min(w, h)) / this.#model.finest_cell)
    view.scale = Math.min(Math.max(view.scale, home.scale * 0.6), closest)
    const [x0, y0, x1, y1] = this.#model.extent
    view.cx = Math.min(Math.max(view.cx, x0), x1)
    view.cy = Math.min(Math.max(view.cy, y0), y1)
  }

  /** @param {number} px @param {number} py @param {number} factor */
  zoomAt(px, py, factor) {
    if (!this.ready) {
      return
    }
    const [x, y] = this.toLayout(px, py),
      view = this.view
    view.scale *= factor
    this.limit()
    const { w, h } = this.size()
    view.cx = x - (px - w / 2) / view.scale
    view.cy = y + (py - h / 2) / view.scale
    this.limit()
    this.#moved()
  }

  /** @param {number} dx @param {number} dy */
  panBy(dx, dy) {
    if (!this.ready) {
      return
    }
    this.view.cx -= dx / this.view.scale
    this.view.cy += dy / this.view.scale
    this.limit()
    this.#moved()
  }

  goHome = () => {
    this.view = this.home()
    this.#moved()
  }

  /** @param {{ x: number, y: number, radius: number }} place */
  goTo({ x, y, radius }) {
    const { w, h } = this.size()
    this.view = { cx: x, cy: y, scale: Math.min(w, h) / (3 * radius) }
    this.limit()
    this.#moved()
  }

  // The view in which the chosen picture fills the window.
  fill() {
    const place = this.#model.selected_place
    if (place.length !== 2) {
      return
    }
    const [x0, y0] = this.#model.square,
      side = this.#model.finest_cell
    const middle = (/** @type {number} */ at, /** @type {number} */ origin) =>
      origin + (Math.floor((at - origin) / side) + 0.5) * side
    this.view = { cx: middle(place[0], x0), cy: middle(place[1], y0), scale: Infinity }
    this.limit()
    this.#moved()
  }
}
