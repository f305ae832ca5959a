// The form that defines or changes an attribute. The browser keeps its text until it is saved.

import { attributeName, blankForm, Drafts, fieldsOf, formOf } from "./drafts.js"
import { Examples } from "./examples.js"
import { GROUP_TITLES } from "./list.js"
import { button, node, options, text } from "../common/elements.js"

/** @typedef {import("./attributes_tab.js").Acts} Acts */
/** @typedef {import("./drafts.js").FormValues} FormValues */
/** @typedef {"yes" | "no"} Kind */
/** @typedef {ReturnType<typeof fieldsOf>} Texts */
/** @typedef {HTMLInputElement | HTMLTextAreaElement} TextField */

const FORM_FIELDS = /** @type {const} */ (["title", "definition", "counts", "counts_not"])
/** @type {Record<keyof Texts, [words: string, example: string, help: string]>} */
const FORM_WORDS = {
  title: ["Title", "bird", "Short name on screen, up to 60 characters"],
  definition: ["Question", "Does the picture show a bird?", "One sentence"],
  counts: ["What counts as yes", "a drawing of a bird\na bird far away", "One point per line"],
  counts_not: ["What counts as no", "feathers alone\na plane", "One point per line"],
}
/** @param {Kind} kind */
const examplesField = (kind) => /** @type {const} */ (`examples_${kind}`)

function titleInput() {
  const input = node("input")
  input.type = "text"
  input.maxLength = 200
  return input
}

/** @param {number} rows */
function linesInput(rows) {
  const input = node("textarea")
  input.rows = rows
  return input
}

export class AttributeForm {
  #model
  #pictures
  #acts
  #drafts
  box = node("form", "define ex-define")
  /** @type {FormValues} */
  #form = blankForm()
  /** Slot of the values in the drafts; empty while the form is closed. */
  #slot = ""
  /** @type {Map<string, TextField>} */
  #inputs = new Map()
  /** @type {Partial<Record<Kind, Examples>>} */
  #parts = {}
  #conflict = node("div", "conflict")
  #submit = text("button", "primary save", "Save")
  #named = false
  #saving = false

  /** @param {Server.AttributesTab} model @param {import("./attributes_tab.js").ExamplePictures} pictures @param {Acts} acts */
  constructor(model, pictures, acts) {
    this.#model = model
    this.#drafts = new Drafts(model.key)
    this.#pictures = pictures
    this.#acts = acts
    this.#submit.type = "submit"
    this.#submit.title = "Save (Ctrl + Enter)"
    this.box.noValidate = true
    this.box.addEventListener("submit", (event) => {
      event.preventDefault()
      this.save()
    })
  }

  create() {
    this.#begin(this.#drafts.recall("new") ?? blankForm(), "new")
  }

  /** @param {Server.DetailMessage} detail */
  edit(detail) {
    this.#begin(this.#drafts.recall(detail.name) ?? formOf(detail), detail.name)
  }

  /** @param {FormValues} values @param {string} slot */
  #begin(values, slot) {
    this.#form = values
    this.#slot = slot
    this.#saving = false
    this.#named = Boolean(this.#form.name) && this.#form.name !== attributeName(this.#form.group, this.#form.title)
    this.#draw()
    this.#acts.want([...this.#form.examples_yes, ...this.#form.examples_no])
  }

  #keep() {
    this.#drafts.keep(this.#slot, this.#form)
  }

  // ---- elements ----------------------------------------------------------------------------------------------------
  #draw() {
    const fresh = this.#form.seen_version === 0 && this.#slot === "new",
      head = node("h3")
    head.textContent = fresh ? "New attribute" : `Change ${this.#form.title || this.#form.name}`
    const foot = node("div", "line foot")
    this.#inputs.clear()
    this.#submit.disabled = false
    this.#conflict.replaceChildren()
    this.#conflict.hidden = true
    foot.append(
      this.#submit,
      button("cancel", "Close", "Close and keep your text in this window (Esc)", () => this.#acts.leave(this.#slot)),
      button("discard", "Discard", "Delete your unsaved text", this.#discard),
    )
    this.box.replaceChildren(
      head,
      this.#conflict,
      this.#problem("form"),
      ...(fresh ? [this.#groupField()] : []),
      this.#field("title"),
      ...(fresh ? [this.#nameField()] : [text("p", "soft name", this.#form.name)]),
      this.#field("definition"),
      this.#field("counts"),
      this.#examples("yes"),
      this.#field("counts_not"),
      this.#examples("no"),
      foot,
    )
  }

  #discard = () => {
    this.#drafts.forget(this.#slot)
    this.#acts.leave(this.#slot)
  }

  /** @param {string} name */
  #problem(name) {
    const element = node("p", "problem")
    element.id = `problem-${name}`
    element.setAttribute("role", "alert")
    element.hidden = true
    return element
  }

  /** @param {string} name @param {HTMLSelectElement | TextField} input @param {string} words @param {string} help */
  #labelled(name, input, words, help) {
    const box = node("div", "field"),
      label = text("label", "", words)
    input.id = `field-${name}`
    input.dataset.field = name
    label.htmlFor = input.id
    if (help) {
      label.append(text("span", "soft", help))
    }
    input.setAttribute("aria-describedby", `problem-${name}`)
    box.append(label, input, this.#problem(name), node("div", "other"))
    return box
  }

  /** @param {keyof Texts} name */
  #field(name) {
    const [words, example, help] = FORM_WORDS[name],
      input = name === "title" ? titleInput() : linesInput(name === "definition" ? 2 : 3)
    this.#inputs.set(name, input)
    input.value = this.#form[name]
    input.placeholder = example
    input.addEventListener("input", () => {
      this.#form[name] = input.value
      if (name === "title" && this.#slot === "new" && !this.#named) {
        this.#rename()
      }
      this.#keep()
    })
    return this.#labelled(name, input, words, help)
  }

  #rename() {
    this.#form.name = attributeName(this.#form.group, this.#form.title)
    this.#showName()
  }

  #showName() {
    const input = this.#inputs.get("name")
    if (input) {
      input.value = this.#form.name
    }
  }

  #groupField() {
    const select = node("select")
    options(select, Object.entries(GROUP_TITLES))
    select.value = this.#form.group
    select.addEventListener("change", () => {
      this.#form.name = this.#named ? this.#form.name.replace(/^[a-z]*_/, `${select.value}_`) : this.#form.name
      this.#form.group = select.value
      if (this.#named) {
        this.#showName()
      } else {
        this.#rename()
      }
      this.#keep()
    })
    return this.#labelled("group", select, "Group", "Subject, emotion, or technique of the image")
  }

  #nameField() {
    const input = node("input")
    this.#inputs.set("name", input)
    input.type = "text"
    input.value = this.#form.name
    input.placeholder = attributeName(this.#form.group, "bird")
    input.spellcheck = false
    input.maxLength = 100
    input.addEventListener("input", () => {
      this.#form.name = input.value.trim()
      this.#named = Boolean(this.#form.name)
      this.#keep()
    })
    return this.#labelled("name", input, "Name", "For tables and programs. It never changes.")
  }

  // ---- examples ----------------------------------------------------------------------------------------------------
  /** @param {Kind} kind */
  #examples(kind) {
    const name = examplesField(kind)
    const part = new Examples(kind, this.#form[name], {
      model: this.#model,
      pictures: this.#pictures,
      acts: this.#acts,
      changed: (ids) => {
        this.#form[name] = ids
        this.#keep()
      },
    })
    part.box.append(this.#problem(name))
    this.#parts[kind] = part
    return part.box
  }

  refill() {
    this.#parts.yes?.fill()
    this.#parts.no?.fill()
  }

  /** @param {Server.ExampleMessage} message */
  add(message) {
    this.#parts[message.kind === "yes" ? "yes" : "no"]?.add(message)
  }

  // ---- saving ------------------------------------------------------------------------------------------------------
  save() {
    if (!this.#slot || this.#saving) {
      return
    }
    this.#saving = true
    this.#clearProblems()
    this.#submit.disabled = true
    this.#acts.save({
      name: this.#form.name || attributeName(this.#form.group, this.#form.title),
      seen_version: this.#form.seen_version,
      form: this.#form,
    })
  }

  again() {
    this.#saving = false
    this.#submit.disabled = false
  }

  #clearProblems() {
    for (const element of this.box.querySelectorAll("p")) {
      if (!element.classList.contains("problem")) {
        continue
      }
      element.hidden = true
      element.textContent = ""
    }
    for (const element of this.box.querySelectorAll("[aria-invalid]")) {
      element.removeAttribute("aria-invalid")
    }
  }

  /** @param {Record<string, string>} problems */
  refuse(problems) {
    this.again()
    this.#clearProblems()
    /** @type {HTMLElement | null} */
    let first = null
    for (const [name, words] of Object.entries(problems)) {
      const place = this.box.querySelector(`#problem-${name}`) ?? this.box.querySelector("#problem-form"),
        input = this.box.querySelector(`#field-${name}`)
      if (!(place instanceof HTMLElement)) {
        continue
      }
      place.textContent = words
      place.hidden = false
      input?.setAttribute("aria-invalid", "true")
      first ??= input instanceof HTMLElement ? input : place
    }
    first?.focus()
    first?.scrollIntoView({ block: "center" })
  }

  saved() {
    if (this.#slot) {
      this.#drafts.forget(this.#slot)
    }
    this.close()
  }

  // Another annotator saved first: their text appears below each field that differs, and the text typed here stays.
  /** @param {Server.ConflictMessage} message */
  conflict(message) {
    this.again()
    const { version, by } = message.theirs,
      theirs = fieldsOf(message.theirs)
    const overwrite = button(
      "primary overwrite",
      `Save my text as version ${version + 1}`,
      "The other version stays in the history",
      () => {
        this.#form.seen_version = version
        this.#keep()
        this.save()
      },
    )
    this.#conflict.hidden = false
    this.#conflict.replaceChildren(text("p", "", message.text), overwrite)
    for (const name of FORM_FIELDS) {
      const other = this.#inputs.get(name)?.parentElement?.querySelector(".other")
      const same = this.#form[name].trim() === theirs[name].trim()
      other?.replaceChildren(...(same ? [] : this.#theirWords(name, theirs[name], by)))
    }
    this.#conflict.scrollIntoView({ block: "nearest" })
    overwrite.focus()
  }

  /** @param {keyof Texts} name @param {string} theirs @param {string} by */
  #theirWords(name, theirs, by) {
    const words = text("blockquote", "", theirs || "(nothing)")
    const use = button("plain use", "Use this", `Use the text by ${by}`, () => {
      this.#form[name] = theirs
      this.#keep()
      const input = this.#inputs.get(name)
      use.parentElement?.replaceChildren()
      if (input) {
        input.value = theirs
        input.focus()
      }
    })
    return [text("span", "soft", `${by} wrote:`), words, use]
  }

  slot() {
    return this.#slot
  }

  seen() {
    return this.#slot ? this.#form.seen_version : 0
  }

  /** @param {string} slot */
  hasKept(slot) {
    return this.#drafts.recall(slot) !== null
  }

  close() {
    this.#form = blankForm()
    this.#slot = ""
    this.#parts = {}
    this.box.replaceChildren()
  }

  focus() {
    this.#inputs.get("title")?.focus({ preventScroll: true })
  }
}
