// One opened attribute: its progress, its definition, how many people must agree, and the versions of its definition.

import { counted, labelBar, labelNumbers, sinceWords, whole } from "./list.js"
import { People } from "./people.js"
import { longDate, makeInstructions } from "./instructions.js"
import { button, focusedBeside, node, text } from "../common/elements.js"

/** @typedef {import("./attributes_tab.js").Acts} Acts */

/** @param {number} agree */
function agreementWords(agree) {
  return agree === 1
    ? "One answer settles an image."
    : `${agree} people must give the same answer. If they do not, more are asked, up to ${2 * agree - 1}.`
}

export class AttributeDetail {
  #model
  #acts
  box = node("section", "detail")
  #people
  /** @type {Server.DetailMessage | null} the open attribute */
  #shown = null
  #asking = false

  /** @param {Server.AttributesTab} model @param {Acts} acts */
  constructor(model, acts) {
    this.#model = model
    this.#acts = acts
    this.#people = new People(this.#acts)
  }

  /** @param {Server.DetailMessage} detail */
  show(detail) {
    const same = this.#shown?.name === detail.name,
      held = this.#heldIn(this.box),
      top = this.box.parentElement?.scrollTop
    this.#asking = this.#asking && same
    this.#shown = detail
    const head = node("div", "line"),
      title = text("h3", "", detail.title),
      stand = node("div", "stand")
    head.append(button("plain back", "← All attributes", "Back to the list (Esc)", this.#acts.close))
    const name = text("p", "name soft", `${detail.name}${detail.archived ? " · archived" : ""}`)
    this.box.replaceChildren(
      head,
      title,
      name,
      stand,
      ...(detail.audited ? [text("p", "audited", detail.audited)] : []),
      this.#actions(detail),
      this.#words(detail),
      this.#rule(detail),
      this.#people.box,
      this.#exports(detail),
      this.#history(detail),
    )
    this.#people.show(detail)
    this.box.dataset.attribute = detail.name
    this.numbers()
    if (held) {
      this.#focusOn(this.box.querySelector(held) ? held : ".keep, .answer, .restore")
    }
    if (same && this.box.parentElement) {
      this.box.parentElement.scrollTop = top ?? 0
    }
  }

  // The focused element as a selector: the page is rebuilt, and the focus must stay at the same place.
  /** @param {HTMLElement} box */
  #heldIn(box) {
    const held = focusedBeside(box)
    if (!held || !box.contains(held)) {
      return ""
    }
    if (held.dataset.key) {
      return `[data-key="${held.dataset.key}"]`
    }
    return held.dataset.agree
      ? `[data-agree="${held.dataset.agree}"]`
      : held.dataset.kind
        ? `[data-kind="${held.dataset.kind}"]`
        : `.${held.classList.item(held.classList.length - 1)}`
  }

  // Numbers change while others answer. The rest of the page stays as it is, so that it can be read.
  numbers() {
    const row = this.#model.rows.find((one) => one.name === this.#shown?.name),
      stand = this.box.querySelector(".stand")
    if (!row || !stand) {
      return
    }
    const facts = node("p", "facts")
    const last = sinceWords(row.last_at)
    for (const one of [
      counted(row.answers, "answer"),
      counted(row.people, "person", "people"),
      `${whole(row.left)} left to ask`,
      row.absent ? `${counted(row.absent, "answer")} not counted because the image is no longer in the collection` : "",
      last ? `last ${last}` : "",
    ].filter(Boolean)) {
      facts.append(text("span", "", one))
    }
    stand.replaceChildren(labelBar(row), labelNumbers(row), facts)
    this.#people.changed()
  }

  /** @param {Server.DetailMessage} detail */
  #actions(detail) {
    const bar = node("div", "line actions")
    if (this.#asking) {
      bar.classList.add("ask")
      bar.append(
        text("p", "", "Archive this attribute? It is not asked any more. Its answers stay, and you can restore it."),
        button("primary sure", "Archive", "", () => {
          this.#asking = false
          this.#acts.archive(detail.name, true)
        }),
        button("keep", "Cancel", "", () => {
          this.#asking = false
          this.show(detail)
          this.#focusOn(".archive")
        }),
      )
      return bar
    }
    if (!detail.archived) {
      bar.append(
        button("primary answer", "Answer", "Answer questions about this attribute (a)", () =>
          this.#acts.answer(detail.name),
        ),
        button("rounds", "Rounds", "Train, evaluate, certify, release", () => this.#acts.rounds(detail.name)),
        button("audit", "Audit", "Measure the quality of a release with blind answers", () =>
          this.#acts.audit(detail.name),
        ),
      )
    }
    bar.append(
      button("edit", "Edit", "Change its definition (e)", () => this.#acts.edit(detail)),
      button("instruct", "Instructions", "Show the instructions for annotators (i)", () => this.#acts.instruct(detail)),
    )
    if (detail.archived) {
      bar.append(
        button("restore", "Restore", "Ask questions about this attribute again", () =>
          this.#acts.archive(detail.name, false),
        ),
      )
    } else {
      bar.append(
        button("archive", "Archive", "Stop asking questions about this attribute", () => {
          this.#asking = true
          this.show(detail)
          this.#focusOn(".sure")
        }),
      )
    }
    return bar
  }

  /** @param {Server.DetailMessage} detail */
  #words(detail) {
    const part = makeInstructions(detail, [])
    part.querySelector("h2")?.remove()
    part.classList.add("small")
    return part
  }

  /** @param {Server.DetailMessage} detail */
  #rule(detail) {
    const part = node("div", "agreement"),
      line = node("div", "line")
    line.setAttribute("role", "radiogroup")
    line.setAttribute("aria-label", "How many people must agree")
    for (let agree = 1; agree <= 5; agree += 1) {
      const choice = button("", String(agree), agreementWords(agree), () => this.#acts.agree(detail.name, agree))
      choice.setAttribute("role", "radio")
      choice.setAttribute("aria-checked", String(agree === detail.agree))
      choice.setAttribute("aria-pressed", String(agree === detail.agree))
      choice.dataset.agree = String(agree)
      line.append(choice)
    }
    part.append(text("h4", "", "How many people must agree"), line, text("p", "soft", agreementWords(detail.agree)))
    return part
  }

  /** @param {Server.DetailMessage} detail */
  #exports(detail) {
    const part = node("div", "exports"),
      line = node("div", "line")
    for (const [kind, words] of [
      ["csv", "CSV"],
      ["parquet", "Parquet"],
    ]) {
      const one = button("", words, `Save the labels of this attribute as ${words}`, () =>
        this.#acts.export(detail.name, kind),
      )
      one.dataset.kind = kind
      line.append(one)
    }
    part.append(
      text("h4", "", "Export labels"),
      line,
      text(
        "p",
        "soft",
        "Answers for certification and audit are left out, so that people who still answer do not see them.",
      ),
    )
    return part
  }

  /** @param {Server.DetailMessage} detail */
  #history(detail) {
    const part = node("div", "history")
    part.append(text("h4", "", "Versions"))
    for (const version of detail.history) {
      const entry = node("div", "version")
      const when = version.at ? `, ${longDate(version.at)}` : ""
      entry.append(text("p", "", `Version ${version.version} by ${version.by}${when}`))
      for (const change of version.changes) {
        const line = node("p", "change")
        line.append(text("span", "soft", `${change.what}: `), ...this.#pieces(change))
        entry.append(line)
      }
      part.append(entry)
    }
    return part
  }

  // Points are shown one below another, words of a sentence one after another.
  /** @param {Server.ChangeRecord} change */
  #pieces(change) {
    const points = change.what.startsWith("Counts") || change.what.startsWith("Does")
    return change.pieces.map(([kind, words]) => {
      const tag = kind === "gone" ? "del" : kind === "new" ? "ins" : "span"
      return text(tag, points ? "point" : "", words)
    })
  }

  /** @param {Server.PeopleMessage} message */
  people(message) {
    this.#people.receive(message)
  }

  name() {
    return this.#shown?.name ?? ""
  }

  detail() {
    return this.#shown
  }

  forget() {
    this.#shown = null
    this.#asking = false
    this.box.replaceChildren()
  }

  focus() {
    this.#focusOn(".answer, .restore")
  }

  /** @param {string} selector */
  #focusOn(selector) {
    const element = this.box.querySelector(selector)
    if (element instanceof HTMLElement) {
      element.focus({ preventScroll: true })
    }
  }
}
