// Guaranteed precision and releases: a certification along the ranking, then numbered releases that never change.

import { button, node, text } from "../common/elements.js"

/** @typedef {(message: Server.RoundsTabSent) => void} Send */

/** @param {Send} send */
export function makeCertification(send) {
  const box = node("section", "certification"),
    sentences = node("div", "sentences"),
    line = node("div", "line"),
    target = node("input"),
    tested = node("table", "tested")
  Object.assign(target, { type: "number", min: 50, max: 99, step: 1, value: 90 })
  target.setAttribute("aria-label", "Precision to guarantee, per cent")
  const plan = button(
    "plan",
    "Plan",
    "Show how many answers are needed, of which images, and in which order; nothing is asked yet",
    () => send({ type: "plan", precision: Number(target.value) / 100 }),
  )
  const begin = button("primary begin", "Start", "Fix this plan and ask its first questions", () =>
    send({ type: "begin" }),
  )
  const drop = button("drop", "Cancel", "Cancel this certification; another one can be started later", () =>
    send({ type: "drop" }),
  )
  const wanted = node("span", "line")
  wanted.append(text("span", "", "Guarantee a precision of"), target, text("span", "", "%"))
  line.append(wanted, plan, begin, drop)
  box.append(text("h4", "", "Guaranteed precision"), sentences, tested, line)
  /** @param {Server.RoundsStanding} standing */
  function update(standing) {
    const certification = standing.certification
    box.hidden = !standing.round
    sentences.replaceChildren(...certification.sentences.map((words) => text("p", "", words)))
    wanted.hidden = plan.hidden = !["none", "planned", "over"].includes(certification.state)
    begin.hidden = certification.state !== "planned"
    drop.hidden = certification.state !== "asking" && certification.state !== "planned"
    drop.textContent = certification.state === "planned" ? "Discard plan" : "Cancel"
    plan.disabled = Boolean(standing.working)
    tested.hidden = !certification.tested.length
    const head = node("tr")
    head.append(...["Highest scored", "Sampled", "Yes", "Precision at least"].map((words) => text("th", "", words)))
    tested.replaceChildren(
      head,
      ...certification.tested.map((row) => {
        const cells = node("tr", row.passed ? "passed" : "failed")
        cells.append(...[row.size, row.sampled, row.yes, row.bound].map((words) => text("td", "", words)))
        return cells
      }),
    )
  }
  return { box, update }
}

/** @param {Send} send */
export function makeReleases(send) {
  const box = node("section", "releases"),
    sentences = node("div", "sentences"),
    list = node("ul")
  const release = button(
    "release",
    "Release",
    "Store labels, threshold and guaranteed precision as a numbered release that never changes",
    () => send({ type: "release" }),
  )
  box.append(text("h4", "", "Release"), sentences, release, list)
  /** @param {Server.RoundsStanding} standing */
  function update(standing) {
    box.hidden = !standing.round
    sentences.replaceChildren(...standing.release.sentences.map((words) => text("p", "", words)))
    release.disabled = !standing.release.ready || Boolean(standing.working)
    list.replaceChildren(
      ...standing.release.made.map((entry, place) => {
        const line = node("li"),
          audit = button("audit", "Audit this release", "Measure with blind answers how good this release is", () =>
            send({ type: "audit" }),
          )
        line.append(text("b", "", entry.title), text("span", "", ` ${entry.words} `), text("code", "soft", entry.hash))
        if (place === 0) {
          line.append(audit)
        }
        return line
      }),
    )
  }
  return { box, update }
}
