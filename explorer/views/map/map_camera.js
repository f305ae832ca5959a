// The visible part of the layout: a centre (cx, cy) in layout units, y up, and a scale in CSS pixels per unit.

const FILL = 0.92 // share of the window that one picture fills at the largest zoom
const MAX_DPR = 2

export class Camera {
  #root
  #model
  #moved
  /** @type {any} cx, cy, scale; null until the map has room on the screen */
  view = null

  constructor(root, model, moved) {
    this.#root = root
    this.#model = model
    this.#moved = moved
  }

  size() {
    return { w: Math.max(1, this.#root.clientWidth), h: Math.max(1, this.#root.clientHeight) }
  }

  middle() {
    const { w, h } = this.size()
    return [w / 2, h / 2]
  }

  dpr() {
    return Math.min(MAX_DPR, window.devicePixelRatio || 1)
  }

  toScreen = (x, y) => {
    const { w, h } = this.size(),
      { cx, cy, scale } = this.view
    return [(x - cx) * scale + w / 2, (cy - y) * scale + h / 2]
  }

  toLayout = (px, py) => {
    const { w, h } = this.size(),
      { cx, cy, scale } = this.view
    return [cx + (px - w / 2) / scale, cy - (py - h / 2) / scale]
  }

  // A box of the layout on screen: left, top, width, height.
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

  zoomAt(px, py, factor) {
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

  panBy(dx, dy) {
    this.view.cx -= dx / this.view.scale
    this.view.cy += dy / this.view.scale
    this.limit()
    this.#moved()
  }

  goHome = () => {
    this.view = this.home()
    this.#moved()
  }

  goTo({ x, y, radius }) {
    const { w, h } = this.size()
    this.view = { cx: x, cy: y, scale: Math.min(w, h) / (3 * radius) }
    this.limit()
    this.#moved()
  }

  // The view in which the chosen picture fills the window.
  fill() {
    const place = this.#model.selected_place
    if (place?.length !== 2) {
      return
    }
    const [x0, y0] = this.#model.square,
      side = this.#model.finest_cell
    const [cx, cy] = [x0, y0].map((origin, axis) => origin + (Math.floor((place[axis] - origin) / side) + 0.5) * side)
    this.view = { cx, cy, scale: Infinity }
    this.limit()
    this.#moved()
  }
}
