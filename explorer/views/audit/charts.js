// Bar charts of precision with interval and target, one line for each attribute or region of the map.

import { button, node, text } from "../common/elements.js"

/** @typedef {(message: Server.AuditTabSent) => void} Send */

// A bar from 0 to 1 with the interval as a line over it and the target as a tick.
/** @param {{ value: number | null, low: number, high: number, target?: number }} share */
function shareBar({ value, low, high, target }) {
  const box = node("span", "share"),
    bar = node("i", "value"),
    interval = node("i", "interval")
  box.setAttribute("aria-hidden", "true")
  bar.style.width = `${100 * (value ?? 0)}%`
  interval.style.left = `${100 * low}%`
  interval.style.width = `${100 * (high - low)}%`
  box.append(bar, interval)
  if (target !== undefined) {
    const tick = node("i", "target")
    tick.style.left = `${100 * target}%`
    box.append(tick)
  }
  return box
}

// All attributes with a published audit, the best first, as in BAM's chart.
/** @param {Send} send */
export function makeFamily(send) {
  const box = node("section", "family"),
    list = node("ul", "bars"),
    words = text("p", "", "")
  box.append(text("h4", "", "All audited attributes"), list, words)
  /** @param {Server.FamilyChart | null} family */
  function update(family) {
    box.hidden = !family
    if (!family) {
      return
    }
    list.replaceChildren(
      ...family.rows.map((row) => {
        const line = node("li"),
          open = button(`bar${row.here ? " here" : ""}${row.expired ? " expired" : ""}`, "", row.help, () =>
            send({ type: "choose", attribute: row.name }),
          )
        const mark = row.expired ? "expired" : row.certified ? "✓" : ""
        open.append(
          text("span", "title", row.title),
          shareBar(row),
          text("b", "", row.words),
          text("span", row.expired ? "mark soft" : "mark", mark),
        )
        open.setAttribute(
          "aria-label",
          `${row.title}: ${row.words}, ${row.help}${row.certified ? ", certified jointly" : ""}`,
        )
        line.append(open)
        return line
      }),
    )
    words.textContent = family.words
  }
  return { box, update }
}

// Precision by region of the map. A click selects the region's positives and goes there.
/** @param {Send} send */
export function makeRegions(send) {
  const box = node("div", "regions"),
    list = node("ul", "bars"),
    paint = button("paint", "Colour the map by precision", "Colour every image by the precision of its region", () =>
      send({ type: "color" }),
    )
  box.append(text("h4", "", "Precision by region of the map"), list, paint)
  /** @param {Server.RegionRow[]} regions */
  function update(regions) {
    box.hidden = !regions.length
    list.replaceChildren(
      ...regions.map((row) => {
        const line = node("li"),
          open = button("bar", "", `${row.help}. ${row.warning || "Go there on the map"}`, () =>
            send({ type: "region", region: row.region }),
          )
        open.append(
          text("span", "title", row.title),
          shareBar(row),
          text("b", "", row.words),
          text("span", "mark", row.warning ? "!" : ""),
        )
        open.setAttribute("aria-label", `${row.title}: ${row.words}, ${row.help}. ${row.warning}`)
        line.append(open)
        if (row.warning) {
          line.append(text("p", "warn", row.warning))
        }
        return line
      }),
    )
  }
  return { box, update }
}
