// Names of clusters: finer ones after zooming in, without overlaps.

import { node } from "../../common/elements.js"

const NAME_FROM = 34 // CSS pixels of a cluster's radius from which its name is shown
const NAME_UNTIL = 0.62 // of the window's longer side: beyond it the view is inside the cluster
const NAME_GAP = 5 // CSS pixels kept free around a name

/**
 * @typedef {Object} Name
 * @property {Server.ClusterName} entry
 * @property {HTMLElement} label
 * @property {boolean} finest whether it is of the finest level
 * @property {readonly [width: number, height: number] | null} size null until it is measured
 */

/** @param {HTMLElement} box */
export function makeLabels(box) {
  /** @type {Name[]} */
  let names = []

  /** @param {Server.ClusterName[]} labels */
  function build(labels) {
    const finest = Math.max(0, ...labels.map((entry) => entry.level))
    names = labels.map((entry) => {
      const label = node("div", `label level-${Math.min(entry.level, 2)}`)
      label.textContent = entry.text
      return { entry, label, finest: entry.level === finest, size: null }
    })
    box.replaceChildren(...names.map(({ label }) => label))
  }

  // Measured once, because reading the size of an element makes the browser compute the layout of the page.
  /** @param {Name} name */
  const sizeOf = (name) =>
    (name.size ??= name.label.offsetWidth ? [name.label.offsetWidth, name.label.offsetHeight] : null)

  /**
   * @param {(x: number, y: number) => readonly [number, number]} toScreen
   * @param {number} scale
   * @param {{ w: number, h: number }} size
   * @param {boolean} wanted
   * @param {number[][]} taken boxes that are not free
   */
  function place(toScreen, scale, { w, h }, wanted, taken) {
    for (const name of names) {
      const { entry, label, finest } = name,
        [x, y] = toScreen(entry.x, entry.y),
        radius = entry.radius * scale
      const telling = radius >= NAME_FROM && (finest || radius <= NAME_UNTIL * Math.max(w, h))
      const near = wanted && telling && x > 0 && x < w && y > 0 && y < h
      const size = near && sizeOf(name)
      let shown = false
      if (size) {
        const [wide, high] = [size[0] / 2 + NAME_GAP, size[1] / 2 + NAME_GAP],
          area = [x - wide, y - high, x + wide, y + high]
        const inside = area[0] > 0 && area[2] < w && area[1] > 0 && area[3] < h
        shown = inside && taken.every((b) => b[2] <= area[0] || b[0] >= area[2] || b[3] <= area[1] || b[1] >= area[3])
        if (shown) {
          taken.push(area)
          label.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px) translate(-50%, -50%)`
        }
      }
      const visibility = shown ? "visible" : "hidden"
      if (label.style.visibility !== visibility) {
        label.style.visibility = visibility
      }
    }
  }

  return { build, place }
}
