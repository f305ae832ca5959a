// The cut: a slider on the histogram of scores with, live, what passes, how sure that is, and the pictures at the cut.

import { fill, strip } from "../shared/attribute_tab_parts.js"
import { makeHistogram } from "../shared/charts.js"
import { button, node, text } from "../shared/elements.js"

export function makeThreshold(acts) {
  const box = node("section", "threshold"),
    plot = node("div", "plot"),
    chart = makeHistogram({})
  const upper = slider("Threshold: from this score on an image is positive"),
    lower = slider("Below this score an image is negative; between the two it stays unsure")
  const figures = node("dl", "figures"),
    sides = node("div", "sides"),
    band = node("label", "check"),
    three = node("input"),
    target = node("input"),
    find = button(
      "",
      "Find it",
      "The lowest cut whose estimated precision is at least this: an estimate, no promise",
      () => acts.find(Number(target.value) / 100),
    )
  let known = "",
    placed = "",
    asked = 0,
    waiting = null,
    flying = false
  lower.className = "lower"
  three.type = "checkbox"
  band.append(three, text("span", "", "Keep an unsure band below it"))
  Object.assign(target, { type: "number", min: 50, max: 99, step: 1, value: 90 })
  target.setAttribute("aria-label", "Precision wanted, per cent")
  const wanted = node("div", "line wanted"),
    use = button("", "Filter the map by it", "Show on the map what passes this cut", () => acts.useOnMap())
  wanted.append(text("span", "", "Precision of at least"), target, text("span", "", "%"), find, use)
  plot.append(chart.box, lower, upper)
  box.append(text("h4", "", "Threshold"), plot, figures, wanted, band, sides)

  function slider(words) {
    const one = node("input")
    Object.assign(one, { type: "range", min: 0, max: 1, step: "any" })
    one.setAttribute("aria-label", words)
    one.title = words
    return one
  }
  // At once, then one question under way at a time: a hand makes more events than a server answers.
  function move() {
    if (three.checked) {
      lower.value = Math.min(Number(lower.value), Number(upper.value))
    }
    shade()
    waiting = { upper: Number(upper.value), lower: three.checked ? Number(lower.value) : Number(upper.value) }
    if (!flying) {
      ask()
    }
  }
  function ask() {
    if (!waiting) {
      return
    }
    flying = true
    acts.cut({ ...waiting, id: ++asked })
    waiting = null
  }
  function shade() {
    chart.shade(Number(upper.value), three.checked ? Number(lower.value) : Number(upper.value))
  }
  upper.addEventListener("input", move)
  lower.addEventListener("input", move)
  three.addEventListener("change", () => {
    lower.hidden = !three.checked
    if (three.checked) {
      lower.value = Math.max(0, Number(upper.value) - 0.2)
    }
    move()
  })

  function update(standing) {
    box.hidden = !standing.histogram
    if (!standing.histogram) {
      return
    }
    const now = `${standing.attribute}:${standing.version}`
    if (now === known) {
      return
    }
    known = now
    chart.update(standing.histogram)
    // More answers alone leave the cut where a hand put it; another round, or a promise, places it anew.
    const place = `${standing.attribute}:${standing.placed}`
    if (place !== placed) {
      placed = place
      upper.value = standing.threshold
      three.checked = standing.lower < standing.threshold
      lower.value = standing.lower
      lower.hidden = !three.checked
    }
    flying = false
    move()
  }
  function told(message) {
    flying = false
    if (message.set) {
      upper.value = message.upper
      if (!three.checked || message.lower > message.upper) {
        lower.value = message.upper
      }
      shade()
    }
    fill(figures, message.figures)
    sides.replaceChildren(...message.sides.map((side) => strip(side.title, side.items, acts)))
    ask()
  }
  return { box, update, told }
}
