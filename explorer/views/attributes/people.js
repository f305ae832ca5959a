// Annotators of an attribute: requirements, gold questions, and a record of each person. Text is only ever set as text.

import { counted, whole } from "./list.js"
import { button, focusedBeside, node, text } from "../common/elements.js"

/** @typedef {import("./attributes_tab.js").Acts} Acts */

const PEOPLE_AGAIN = 3000 // ms between two readings while the numbers change
/** @typedef {keyof Server.RequirementsRecord} Requirement */
/** @type {[key: Requirement, words: string, low: number, high: number, step: number, help: string][]} */
const REQUIREMENTS = [
  ["answers", "Answers given before, of any attribute", 0, 1_000_000, 1, "0: no requirement"],
  ["accuracy", "Accuracy in a test of gold questions, in %", 0, 100, 0.5, "0: no requirement"],
  ["test", "Questions per test", 5, 200, 1, ""],
  ["share", "Gold questions hidden among the others, in %", 0, 20, 0.5, "5 to 10 are usual"],
]

/** @param {Server.RateRecord} rate */
const percent = (rate) => `${rate.hits} of ${rate.of} (${rate.low} to ${rate.high} %)`

/** @param {Server.PersonRecord} person */
function personFacts(person) {
  return [
    counted(person.answers, "answer"),
    person.seconds ? `${person.seconds} s each` : "",
    person.accuracy.of ? `accuracy on gold: ${percent(person.accuracy)}` : "no gold question answered",
    person.sensitivity.of ? `sensitivity: ${percent(person.sensitivity)}` : "",
    person.false_positives.of ? `false positives: ${percent(person.false_positives)}` : "",
    person.consistency.of ? `consistency: ${percent(person.consistency)}` : "",
  ].filter(Boolean)
}

export class People {
  #acts
  box = node("div", "who-may")
  #fold = node("details", "people")
  #body = node("div", "people-body")
  /** @type {Map<Requirement, HTMLInputElement>} */
  #fields = new Map()
  #name = ""
  #shown = ""
  #asked = 0
  #later = 0
  /** @type {string[]} addresses to free */
  #pictures = []

  /** @param {Acts} acts */
  constructor(acts) {
    this.#acts = acts
    const form = node("form", "requirements")
    const save = text("button", "save-requirements", "Save")
    const hint = text(
      "p",
      "soft",
      "Requirements apply from the next page on. People who fail a test can retake it with new questions. All answers stay in the log.",
    )
    save.type = "submit"
    for (const [key, words, low, high, step, help] of REQUIREMENTS) {
      const field = node("input", `requirement-${key}`),
        label = node("label")
      Object.assign(field, { type: "number", min: low, max: high, step, required: true })
      label.append(text("span", "", words), ...(help ? [text("i", "soft", help)] : []), field)
      this.#fields.set(key, field)
      form.append(label)
    }
    form.append(save)
    this.#fold.append(text("summary", "", "People and gold questions"), this.#body)
    this.box.append(text("h4", "", "Who may answer"), form, hint, this.#fold)
    form.addEventListener("submit", (event) => {
      event.preventDefault()
      const valueOf = (/** @type {Requirement} */ key) => this.#fields.get(key)?.valueAsNumber ?? NaN
      this.#acts.requirements(this.#name, {
        answers: valueOf("answers"),
        accuracy: valueOf("accuracy"),
        test: valueOf("test"),
        share: valueOf("share"),
      })
    })
    this.#fold.addEventListener("toggle", () => {
      if (this.#fold.open) {
        this.#ask()
      }
    })
  }

  #ask() {
    this.#asked = performance.now()
    if (!this.#body.childElementCount) {
      this.#body.replaceChildren(text("p", "soft", "Loading annotators …"))
    }
    this.#acts.people(this.#name)
  }

  // Typed numbers stay, unless other numbers were saved.
  /** @param {Server.DetailMessage} detail */
  show(detail) {
    const now = JSON.stringify([detail.name, detail.requirements])
    if (detail.name !== this.#name) {
      this.#fold.open = false
      this.#body.replaceChildren()
    }
    this.#name = detail.name
    if (now !== this.#shown) {
      for (const [key, field] of this.#fields) {
        field.value = String(detail.requirements[key])
      }
    }
    this.#shown = now
  }

  // Limits how often changing numbers are read; they are always read once after the last change.
  changed() {
    if (!this.#fold.open) {
      return
    }
    clearTimeout(this.#later)
    this.#later = setTimeout(
      () => {
        if (this.#fold.open) {
          this.#ask()
        }
      },
      Math.max(0, PEOPLE_AGAIN - (performance.now() - this.#asked)),
    )
  }

  /** @param {Server.PeopleMessage} message */
  receive(message) {
    if (message.name !== this.#name) {
      return
    }
    const held = focusedBeside(this.box),
      key = held && this.#body.contains(held) ? held.dataset.key : ""
    this.#pictures.forEach((address) => URL.revokeObjectURL(address))
    this.#pictures = []
    const many = message.left_out ? [text("p", "soft", `And ${whole(message.left_out)} more people.`)] : []
    const none = message.people.length ? [] : [text("p", "soft", "No answers to single images yet.")]
    this.#body.replaceChildren(
      this.#gold(message.gold),
      ...this.#suspects(message.suspects),
      ...message.people.map(this.#person),
      ...none,
      ...many,
    )
    if (key) {
      ;[...this.#body.querySelectorAll("[data-key]")]
        .filter((one) => one instanceof HTMLElement)
        .find((one) => one.dataset.key === key)
        ?.focus({ preventScroll: true })
    }
  }

  /** @param {Server.GoldRecord} facts */
  #gold(facts) {
    const part = node("form", "gold"),
      count = node("input", "gold-count"),
      make = text("button", "make-gold", "Make gold questions from settled images")
    const retired = facts.retired ? `, ${whole(facts.retired)} retired` : ""
    Object.assign(count, { type: "number", min: 2, max: 2000, step: 1, value: 40, required: true })
    count.setAttribute("aria-label", "Number of gold questions")
    count.dataset.key = "count"
    make.type = "submit"
    make.dataset.key = "make"
    make.disabled = !facts.settled_yes || !facts.settled_no
    part.append(
      text(
        "p",
        "",
        `Gold in use: ${whole(facts.yes)} yes, ${whole(facts.no)} no${retired}. Settled and not gold yet: ${whole(facts.settled_yes)} yes, ${whole(facts.settled_no)} no.`,
      ),
      count,
      make,
    )
    part.addEventListener("submit", (event) => {
      event.preventDefault()
      this.#acts.gold(this.#name, count.valueAsNumber)
    })
    return part
  }

  /** @param {Server.SuspectRecord[]} found */
  #suspects(found) {
    return found.map((one) => {
      const line = node("div", "suspect"),
        retire = button("retire", "Retire", "Stop asking this gold question; its answers do not count", () =>
          this.#acts.retire(this.#name, one.image),
        )
      retire.dataset.key = `retire:${one.image}`
      if (one.picture) {
        const image = node("img")
        image.src = URL.createObjectURL(new Blob([one.picture], { type: "image/jpeg" }))
        image.alt = ""
        this.#pictures.push(image.src)
        line.append(image)
      }
      line.append(
        text(
          "p",
          "",
          `The expected answer of this gold question is ${one.expected}, but ${one.against} of ${one.people} people say the opposite. Is it wrong?`,
        ),
        retire,
      )
      return line
    })
  }

  /** @param {Server.PersonRecord} one */
  #person = (one) => {
    const entry = node("div", `person ${one.allowed ? "allowed" : "closed"}`),
      head = node("div", "line"),
      facts = node("p", "facts")
    /** @param {boolean | null} allowed @param {string} words */
    const choose = (allowed, words) => {
      const choice = button(`permit permit-${allowed}`, words, "", () => this.#acts.permit(this.#name, one.id, allowed))
      choice.dataset.key = `permit:${one.id}:${allowed}`
      return choice
    }
    head.append(
      text("b", "", one.name),
      text("span", "state", `${one.allowed ? "may answer" : "may not answer"}: ${one.words}`),
    )
    head.append(
      ...(one.by_hand ? [choose(null, "By requirements")] : []),
      one.allowed ? choose(false, "Block") : choose(true, "Allow"),
    )
    for (const words of personFacts(one)) {
      facts.append(text("span", "", words))
    }
    entry.dataset.person = one.id
    entry.append(head, facts)
    return entry
  }
}
