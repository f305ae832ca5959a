// The threshold: a slider on the histogram of scores. The figures and the pictures near the threshold follow it.

import { fill, strip } from "../common/attribute_tab_parts.js"
import { makeHistogram } from "../common/charts.js"
import { button, node, text } from "../common/elements.js"

/**
 * @typedef {import("../common/attribute_tab_parts.js").PictureActs & {
 *   evaluate: (thresholds: { upper: number, lower: number }) => void,
 *   find: (precision: number) => void,
 *   useOnMap: () => void,
 * }} ThresholdActs
 */

export class Threshold {
  #acts
  box = node("section", "threshold")
  #chart = makeHistogram({})
  #upper
  #lower
  #figures = node("dl", "figures")
  #sides = node("div", "sides")
  #hasBand = node("input")
  #known = ""
  #placed = ""
  /** @type {{ upper: number, lower: number } | null} the thresholds of the next request */
  #waiting = null
  #requested = false

  /** @param {ThresholdActs} acts */
  constructor(acts) {
    this.#acts = acts
    const plot = node("div", "plot")
    this.#upper = this.#slider("Threshold: images with this score or a higher one are positive")
    this.#lower = this.#slider(
      "Unsure band: images below this score are negative, and images from here to the threshold stay unsure",
    )
    const band = node("label", "check")
    const target = node("input")
    const find = button(
      "",
      "Find threshold",
      "Set the lowest threshold whose estimated precision is at least this; an estimate, not a guarantee",
      () => this.#acts.find(Number(target.value) / 100),
    )
    this.#lower.className = "lower"
    this.#hasBand.type = "checkbox"
    band.append(this.#hasBand, text("span", "", "Keep an unsure band below the threshold"))
    Object.assign(target, { type: "number", min: 50, max: 99, step: 1, value: 90 })
    target.setAttribute("aria-label", "Precision wanted, per cent")
    const wanted = node("div", "line wanted")
    const use = button("", "Filter the map by this threshold", "Show on the map which images pass this threshold", () =>
      this.#acts.useOnMap(),
    )
    wanted.append(text("span", "", "Precision of at least"), target, text("span", "", "%"), find, use)
    plot.append(this.#chart.box, this.#lower, this.#upper)
    this.box.append(text("h4", "", "Threshold"), plot, this.#figures, wanted, band, this.#sides)
    this.#upper.addEventListener("input", this.#move)
    this.#lower.addEventListener("input", this.#move)
    this.#hasBand.addEventListener("change", () => {
      this.#lower.hidden = !this.#hasBand.checked
      if (this.#hasBand.checked) {
        this.#lower.value = String(Math.max(0, Number(this.#upper.value) - 0.2))
      }
      this.#move()
    })
  }

  /** @param {string} words */
  #slider(words) {
    const one = node("input")
    Object.assign(one, { type: "range", min: 0, max: 1, step: "any" })
    one.setAttribute("aria-label", words)
    one.title = words
    return one
  }

  // The chart follows at once. Only one request is open at a time, because a slider makes more events than the server can
  // answer.
  #move = () => {
    if (this.#hasBand.checked) {
      this.#lower.value = String(Math.min(Number(this.#lower.value), Number(this.#upper.value)))
    }
    this.#shade()
    this.#waiting = {
      upper: Number(this.#upper.value),
      lower: this.#hasBand.checked ? Number(this.#lower.value) : Number(this.#upper.value),
    }
    if (!this.#requested) {
      this.#ask()
    }
  }

  #ask() {
    if (!this.#waiting) {
      return
    }
    this.#requested = true
    this.#acts.evaluate(this.#waiting)
    this.#waiting = null
  }

  #shade() {
    this.#chart.shade(
      Number(this.#upper.value),
      this.#hasBand.checked ? Number(this.#lower.value) : Number(this.#upper.value),
    )
  }

  /** @param {Server.OrEmpty<Server.RoundsStanding>} standing */
  update(standing) {
    this.box.hidden = !standing.histogram
    if (!standing.histogram) {
      return
    }
    const now = `${standing.attribute}:${standing.version}`
    if (now === this.#known) {
      return
    }
    this.#known = now
    this.#chart.update(standing.histogram)
    // More answers leave the threshold where the person put it. A new round or a certification sets it again.
    const place = `${standing.attribute}:${standing.placed}`
    if (place !== this.#placed) {
      this.#placed = place
      this.#upper.value = String(standing.threshold)
      this.#hasBand.checked = standing.lower < standing.threshold
      this.#lower.value = String(standing.lower)
      this.#lower.hidden = !this.#hasBand.checked
    }
    this.#requested = false
    this.#move()
  }

  /** @param {Server.ThresholdMessage} message */
  receive(message) {
    this.#requested = false
    if (message.set) {
      this.#upper.value = String(message.upper)
      if (!this.#hasBand.checked || message.lower > message.upper) {
        this.#lower.value = String(message.upper)
      }
      this.#shade()
    }
    fill(this.#figures, message.figures)
    this.#sides.replaceChildren(...message.sides.map((side) => strip(side.title, side.items, this.#acts)))
    this.#ask()
  }
}
