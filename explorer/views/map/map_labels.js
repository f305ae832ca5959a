// Names of clusters: finer ones after zooming in, without overlaps.

import { node } from "../common/elements.js"

const NAME_FROM = 34 // CSS pixels of a cluster's radius from which its name is worth the room
const NAME_UNTIL = 0.62 // of the window's longer side: beyond it the view is inside the cluster
const NAME_GAP = 5 // CSS pixels kept free around a name

export function makeLabels(box) {
  let entries = [],
    nodes = [],
    sizes = []

  function build(labels) {
    entries = labels
    const finest = Math.max(0, ...labels.map((entry) => entry.level))
    nodes = labels.map((entry) => {
      const label = node("div", `label level-${Math.min(entry.level, 2)}`)
      label.textContent = entry.text
      label.finest = entry.level === finest
      return label
    })
    sizes = nodes.map(() => null)
    box.replaceChildren(...nodes)
  }

  // Measured once, because reading the size of an element makes the browser compute the layout of the page.
  const sizeOf = (index) =>
    (sizes[index] ??= nodes[index].offsetWidth ? [nodes[index].offsetWidth, nodes[index].offsetHeight] : null)

  function place(toScreen, scale, { w, h }, wanted, taken) {
    entries.forEach((entry, index) => {
      const label = nodes[index],
        [x, y] = toScreen(entry.x, entry.y),
        radius = entry.radius * scale
      const telling = radius >= NAME_FROM && (label.finest || radius <= NAME_UNTIL * Math.max(w, h))
      const near = wanted && telling && x > 0 && x < w && y > 0 && y < h
      const size = near && sizeOf(index)
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
    })
  }

  return { build, place }
}
