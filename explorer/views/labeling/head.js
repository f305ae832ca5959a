// Above the sheet: attribute, question and mode of answering; and the notices that need a decision.

import { button, node, options, text } from "../common/elements.js"

const SIZES = /** @type {const} */ ([6, 12, 24, 48])

/** @typedef {import("./acts.js").Acts} Acts */
/** @typedef {[label: string, act: () => void, classes?: string]} Decision */
/** @typedef {[kind: string, words: string, ...decisions: Decision[]]} Entry */

const MODES = /** @type {const} */ ([
  ["page", "Page", "Mark the matching images on a page"],
  ["single", "One at a time", "Answer one large image after another"],
])

/** @param {Acts} acts */
export function makeHead(acts) {
  const box = node("header", "head"),
    line = node("div", "line"),
    question = node("p", "question"),
    modes = node("div", "line modes")
  const choose = node("select", "attribute"),
    size = node("select", "size")
  const wide = button("", "⤢", "Wider (w)", acts.wide),
    help = button("", "Instructions", "Definition and examples (i)", acts.instructions)
  const modeButtons = MODES.map(([key, words, about]) => {
    const one = button("", words, about, () => acts.work({ mode: key, captions: false }))
    one.dataset.mode = key
    return one
  })
  const describe = button("", "Describe", "Write a short description of each image", () =>
    acts.work({ captions: true }),
  )
  choose.setAttribute("aria-label", "Attribute")
  size.setAttribute("aria-label", "Images on a page")
  size.title = "Images on a page"
  choose.addEventListener("change", () => {
    acts.work({ attribute: choose.value, batch: "", captions: false })
  })
  size.addEventListener("change", () => {
    const count = SIZES.find((one) => String(one) === size.value)
    if (count) {
      acts.work({ size: count })
    }
  })
  options(
    size,
    SIZES.map((count) => /** @type {const} */ ([`${count}`, `${count} images`])),
  )
  line.append(choose, help, wide)
  modes.append(...modeButtons, describe, size)
  box.append(line, question, modes)
  let listed = ""

  /** @param {Server.LabelStatus} status */
  function update(status) {
    const work = status.work,
      gone =
        status.attribute && !status.attributes.some((entry) => entry.name === work.attribute) ? status.attribute : null,
      now = JSON.stringify([status.attributes, gone?.title])
    if (now !== listed) {
      listed = now
      const groups = [...new Set(status.attributes.map((entry) => entry.group))].map((name) => {
        const group = node("optgroup"),
          members = status.attributes.filter((entry) => entry.group === name)
        group.label = name
        options(
          group,
          members.map((entry) => /** @type {const} */ ([entry.name, entry.title])),
        )
        return group
      })
      const none = text("option", "", "Choose an attribute …")
      none.value = "" // otherwise its words are its value
      none.disabled = true
      choose.replaceChildren(none, ...groups)
      if (gone) {
        const archived = text("option", "", `${gone.title} (archived)`)
        archived.value = work.attribute // the open page may still be answered
        choose.append(archived)
      }
    }
    choose.value = work.captions ? "" : work.attribute
    size.value = String(work.size)
    size.hidden = work.captions || work.mode !== "page"
    help.hidden = !status.attribute || work.captions
    question.hidden = !(status.attribute || work.captions)
    question.textContent = work.captions
      ? "What does the picture show? Write one short sentence for a person who cannot see it."
      : status.attribute?.question || `Does the picture show: ${status.attribute?.title ?? ""}?`
    for (const one of modeButtons) {
      one.setAttribute("aria-pressed", String(!work.captions && one.dataset.mode === work.mode))
    }
    describe.setAttribute("aria-pressed", String(work.captions))
  }
  return { box, update }
}

// The form for the name, shown before the first answer.
/** @param {Acts} acts */
export function makeJoin(acts) {
  const form = node("form", "join"),
    field = node("input"),
    begin = text("button", "primary", "Start")
  field.type = "text"
  field.maxLength = 80
  field.setAttribute("autocomplete", "nickname")
  field.placeholder = "Your name"
  field.setAttribute("aria-label", "Your name")
  begin.type = "submit"
  const line = node("div", "line")
  line.append(field, begin)
  const why = text("p", "notice why", "")
  why.setAttribute("role", "status")
  why.hidden = true
  form.append(
    text("h3", "", "Start labelling"),
    why,
    text(
      "p",
      "soft",
      "You look at images and answer whether they match. Every answer is saved at once with your name, and you can undo it.",
    ),
    line,
  )
  // Something on the page needs a name, or the name was refused: show the reason here and focus the field.
  /** @param {string} words */
  function ask(words) {
    why.textContent = words
    why.hidden = !words
    setTimeout(() => field.focus(), 100)
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    if (!field.value.trim()) {
      ask("Enter a name.")
      return
    }
    acts.join(field.value)
  })
  return { box: form, ask }
}

// The question before a page without any mark is confirmed. It appears below the images so that they do not move.
/** @param {Acts} acts */
export function makeDoubt(acts) {
  const box = node("div", "doubt ex-doubt"),
    words = text("p", "", ""),
    line = node("div", "line")
  box.setAttribute("role", "alert")
  box.hidden = true
  line.append(
    button("", "No to all", "Enter", () => {
      acts.confirm()
      acts.focus()
    }),
    button("", "Cancel", "Esc", acts.certain),
  )
  box.append(words, line)
  return {
    box,
    /** @param {number} count */
    show(count) {
      box.hidden = !count
      words.textContent = count ? `No image is marked. Press Enter again to answer no to all ${count}.` : ""
    },
  }
}

// Decisions and messages, the most serious first.
export class Notices {
  #acts
  box = node("div", "notices")
  /** @type {{ words: string, kind: string }[]} */
  #passing = []
  /** @type {Entry[]} what the status says, the most serious first */
  #lasting = []
  #key = ""

  /** @param {Acts} acts */
  constructor(acts) {
    this.#acts = acts
  }

  /** @param {string} words @param {string} [kind] */
  say(words, kind = "info") {
    this.#passing = [...this.#passing.filter((entry) => entry.words !== words), { words, kind }].slice(-3)
    this.#draw()
    setTimeout(() => {
      this.#passing = this.#passing.filter((entry) => entry.words !== words)
      this.#draw()
    }, 9000)
  }

  /** @param {string} kind @param {string} words @param {Decision[]} choices */
  #notice(kind, words, ...choices) {
    const one = node("div", `notice ${kind}`),
      line = node("div", "line")
    one.setAttribute("role", kind === "error" ? "alert" : "status")
    line.append(...choices.map(([label, act, classes]) => button(classes ?? "", label, "", act)))
    one.append(text("p", "", words), ...(choices.length ? [line] : []))
    return one
  }

  /** @param {Server.LabelStatus} status @param {string} problem */
  draw(status, problem) {
    this.#lasting = this.#found(status, problem)
    this.#draw()
  }

  /** @param {Server.LabelStatus} status @param {string} problem */
  #found(status, problem) {
    /** @type {Entry[]} */
    const found = []
    if (problem) {
      found.push(["error", `Not saved yet: ${problem}`, ["Try again", this.#acts.again]])
    }
    if (status.problem) {
      found.push(["error", status.problem])
    }
    if (status.elsewhere) {
      found.push([
        "warning",
        "You continued in another window, so this one is paused. Your answers here are saved.",
        ["Continue here", this.#acts.takeOver, "primary"],
      ])
    }
    if (status.idle) {
      found.push([
        "info",
        "You were inactive for five minutes, so other annotators may get your page.",
        ["Continue", this.#acts.alive, "primary"],
      ])
    }
    if (status.hasty) {
      found.push([
        "warning",
        `You answered “${status.hasty.value}” ${status.hasty.count} times in a row within a minute. Is this intended?`,
        ["Yes, keep them", () => this.#acts.confirmRun(true)],
        [`No, undo all ${status.hasty.count}`, () => this.#acts.confirmRun(false), "primary"],
      ])
    }
    if (status.closed && !status.work.captions) {
      found.push(["info", status.closed])
    }
    if (status.check) {
      found.push(...this.#checkNotice(status.check))
    }
    return found
  }

  #draw() {
    /** @type {Entry[]} */
    const passing = this.#passing.map(({ kind, words }) => [kind, words])
    const found = [...this.#lasting, ...passing]
    const now = JSON.stringify(found)
    if (now === this.#key) {
      return
    }
    this.#key = now
    this.box.replaceChildren(...found.map((entry) => this.#notice(...entry)))
  }

  /** @param {Server.SpotCheckShown} check @returns {Entry[]} */
  #checkNotice(check) {
    const count = check.images.toLocaleString("en")
    if (check.answered < check.size) {
      return [
        [
          "info",
          `Spot check of ${count} images labelled ${check.value} in bulk: ${check.answered} of ${check.size} checked.`,
          ["Undo bulk label", () => this.#acts.bulk("rollback", check)],
          ["Keep without checking", () => this.#acts.bulk("keep", check)],
        ],
      ]
    }
    return [
      [
        check.wrong ? "warning" : "info",
        `Spot check done: ${check.wrong} of ${check.size} differ from “${check.value}” (${check.low} to ${check.high} % of all ${count} with 95 % confidence${check.unsure ? `, including ${check.unsure} unsure` : ""}).`,
        ["Keep bulk label", () => this.#acts.bulk("keep", check), check.wrong ? "" : "primary"],
        ["Undo bulk label", () => this.#acts.bulk("rollback", check), check.wrong ? "primary" : ""],
      ],
    ]
  }
}
