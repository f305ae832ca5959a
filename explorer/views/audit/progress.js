// An open audit: the frozen plan, the progress of the answers, and, in an anytime plan, the bound after every answer.

import { makeCurve } from "../common/charts.js"
import { button, focusedBeside, node, text } from "../common/elements.js"
import { onKeys, pressKey } from "../common/keys.js"

/** @typedef {import("./charts.js").Send} Send */

export class AuditProgress {
  #send
  box = node("section", "current")
  #title = text("h3", "", "")
  #sentences = node("div", "sentences")
  #more = node("details")
  #population = text("p", "soft", "")
  #hashes = node("dl", "hashes")
  #bar = node("progress")
  #progress = text("p", "answered", "")
  #people = node("ul", "people")
  #note = text("p", "advice warn", "")
  #fitted = text("p", "advice warn", "")
  #asking = makeQuestion()
  #watched = makeWatched()
  #draw
  #answer
  #publish
  /** @type {Server.CurrentAudit | null} the open audit */
  #shown = null

  /** @param {Send} send */
  constructor(send) {
    this.#send = send
    const line = node("div", "line")
    this.#draw = button("primary draw", "Draw", "Draw the images, shuffle them, and ask them in the Label tab", () =>
      this.#send({ type: "draw" }),
    )
    this.#answer = button(
      "primary answer",
      "Answer",
      "Answer in the Label tab; the set and the score of an image are hidden (a)",
      () => this.#send({ type: "answer" }),
    )
    this.#publish = button("publish", "Publish", "End the audit and write its certificate", () => this.#end())
    const drop = button("drop", "Cancel", "End this audit without a certificate", () =>
      this.#asking.ask(
        "Cancel this audit? Its images are not asked any more and are excluded from later audits. The answers stay in the log.",
        "Cancel the audit",
        () => this.#send({ type: "drop" }),
        "Continue the audit",
      ),
    )
    this.#progress.setAttribute("role", "status")
    this.#more.append(text("summary", "soft", "Frozen plan"), this.#sentences, this.#population, this.#hashes)
    line.append(this.#draw, this.#answer, this.#publish, drop)
    this.box.append(
      this.#title,
      this.#bar,
      this.#progress,
      this.#people,
      this.#watched.box,
      this.#note,
      line,
      this.#asking.box,
      this.#fitted,
      this.#more,
    )
  }

  #end() {
    if (!this.#shown || this.#shown.complete) {
      this.#send({ type: "publish" })
      return
    }
    this.#asking.ask(
      `${this.#shown.waiting} still wait for answers. Open images count against the release, and no answer is possible after publishing.`,
      "Publish now",
      () => this.#send({ type: "publish" }),
      "Continue answering",
    )
  }

  /** @param {Server.OrEmpty<Server.AuditStanding>} standing */
  update(standing) {
    const now = standing.current
    this.box.hidden = !now
    if (!now) {
      this.#shown = null
      this.#asking.forget()
      return
    }
    if (this.#shown?.number !== now.number || this.#shown?.state !== now.state) {
      this.#asking.forget()
      this.#more.open = now.state === "frozen"
    }
    this.#shown = now
    this.#title.textContent = now.title
    const drawn = now.state === "drawn"
    this.#draw.hidden = drawn
    this.#answer.hidden = this.#publish.hidden = this.#bar.hidden = this.#progress.hidden = !drawn
    this.#answer.disabled = now.complete
    this.#publish.classList.toggle("primary", now.complete)
    this.#answer.classList.toggle("primary", !now.complete)
    this.#bar.max = Math.max(1, now.images)
    this.#bar.value = now.done
    this.#bar.setAttribute("aria-label", "Images answered")
    this.#progress.textContent = now.progress
    this.#people.replaceChildren(
      ...now.people.map((person) => {
        const one = node("li")
        one.append(text("span", "", person.name), text("span", "soft", ` ${person.count}`))
        return one
      }),
    )
    this.#people.hidden = !now.people.length
    this.#note.textContent = now.note
    this.#note.hidden = !now.note
    this.#fitted.textContent = now.fitted
    this.#fitted.hidden = !now.fitted
    this.#watched.update(now.watched)
    this.#sentences.replaceChildren(...now.sentences.map((words) => text("p", "", words)))
    this.#population.textContent = now.population
    fillHashes(this.#hashes, now.hashes)
    this.box.dataset.done = String(now.done)
    this.box.dataset.images = String(now.images)
  }
}

// The bound of an anytime plan, with its target.
export function makeWatched() {
  const box = node("div", "watched"),
    after = text("b", "after", ""),
    words = text("p", "", ""),
    hour = text("p", "soft", "")
  const chart = makeCurve({
    label: "Bound after every answer",
    xWords: "verdicts of positives",
    yWords: "precision, at least",
  })
  box.append(after, chart.box, words, hour)
  /** @param {Server.Watched | null} watched */
  function update(watched) {
    box.hidden = !watched
    if (!watched) {
      return
    }
    after.textContent = watched.after
    after.hidden = !watched.after
    chart.box.toggleAttribute("hidden", !watched.points.length)
    if (watched.points.length) {
      chart.update(watched.points, null, watched.goal)
    }
    words.textContent = watched.words
    hour.textContent = watched.hour
    hour.hidden = !watched.hour
  }
  return { box, update }
}

// Ask for confirmation before a step that cannot be undone. The focus is on the choice that changes nothing.
function makeQuestion() {
  const box = node("div", "ask")
  /** @type {HTMLButtonElement | null} */
  let keep = null
  box.hidden = true
  box.setAttribute("role", "alertdialog")
  function forget() {
    box.hidden = true
    box.replaceChildren()
    keep = null
  }
  /** @param {string} words @param {string} yes @param {() => void} act @param {string} no */
  function ask(words, yes, act, no) {
    const back = focusedBeside(box),
      line = node("div", "line")
    keep = button("keep", no, "", () => {
      forget()
      back?.focus()
    })
    line.append(
      button("sure", yes, "", () => {
        forget()
        act()
      }),
      keep,
    )
    box.setAttribute("aria-label", yes)
    box.replaceChildren(text("p", "", words), line)
    box.hidden = false
    keep.focus()
  }
  onKeys(box, (event) => {
    if (pressKey(event, { Escape: () => keep?.click() })) {
      event.stopPropagation()
    }
  })
  return { box, ask, forget }
}

/** @param {HTMLElement} list @param {Server.Hash[]} hashes */
export function fillHashes(list, hashes) {
  list.replaceChildren(
    ...hashes.flatMap((entry) => {
      const value = node("dd")
      value.append(text("code", "", entry.short))
      value.title = entry.whole
      return [text("dt", "soft", entry.name), value]
    }),
  )
}
