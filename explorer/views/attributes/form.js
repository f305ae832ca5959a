// The form that defines or changes an attribute. The browser keeps its text until it is saved.

import { attributeName, blankForm, Drafts, fieldsOf, formOf } from "./drafts.js"
import { GROUP_TITLES, whole } from "./list.js"
import { button, node, options, text } from "../common/elements.js"

const FORM_FIELDS = ["title", "definition", "counts", "counts_not"]
const FORM_WORDS = {
  title: ["Title", "bird", "Short name on screen, up to 60 characters"],
  definition: ["Question", "Does the picture show a bird?", "One sentence"],
  counts: ["What counts as yes", "a drawing of a bird\na bird far away", "One point per line"],
  counts_not: ["What counts as no", "feathers alone\na plane", "One point per line"],
}
const MOST_EXAMPLES = 24

export class AttributeForm {
  #model
  #pictures
  #acts
  #drafts
  box = node("form", "define ex-define")
  /** @type {any} the values and their slot; null while the form is closed */
  #form = null
  /** @type {any} the version that another annotator saved meanwhile, or null */
  #theirs = null
  #named = false
  #saving = false

  constructor(model, pictures, acts) {
    this.#model = model
    this.#drafts = new Drafts(model.key)
    this.#pictures = pictures
    this.#acts = acts
    this.box.noValidate = true
    this.box.addEventListener("submit", (event) => {
      event.preventDefault()
      this.save()
    })
  }

  create() {
    this.#begin(this.#drafts.recall("new") ?? blankForm(), "new")
  }

  edit(detail) {
    this.#begin(this.#drafts.recall(detail.name) ?? formOf(detail), detail.name)
  }

  #begin(values, slot) {
    this.#form = { ...values, slot }
    this.#theirs = null
    this.#saving = false
    this.#named = Boolean(this.#form.name) && this.#form.name !== attributeName(this.#form.group, this.#form.title)
    this.#draw()
    this.#acts.want([...this.#form.examples_yes, ...this.#form.examples_no])
  }

  #keep() {
    this.#drafts.keep(this.#form.slot, this.#values())
  }

  #values() {
    const { slot, ...rest } = this.#form
    return rest
  }

  // ---- elements ----------------------------------------------------------------------------------------------------
  #draw() {
    const fresh = this.#form.seen_version === 0 && this.#form.slot === "new",
      head = node("h3")
    head.textContent = fresh ? "New attribute" : `Change ${this.#form.title || this.#form.name}`
    const foot = node("div", "line foot"),
      submit = text("button", "primary save", "Save")
    submit.type = "submit"
    submit.title = "Save (Ctrl + Enter)"
    foot.append(
      submit,
      button("cancel", "Later", "Close and keep your text in this window (Esc)", () =>
        this.#acts.leave(this.#form.slot),
      ),
      button("discard", "Discard", "Delete your unsaved text", this.#discard),
    )
    this.box.replaceChildren(
      head,
      node("div", "conflict"),
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
    this.box.querySelector(".conflict").hidden = true
  }

  #discard = () => {
    this.#drafts.forget(this.#form.slot)
    this.#acts.leave(this.#form.slot)
  }

  #problem(name) {
    const element = node("p", "problem")
    element.id = `problem-${name}`
    element.setAttribute("role", "alert")
    element.hidden = true
    return element
  }

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

  #field(name) {
    const [words, example, help] = FORM_WORDS[name],
      input = node(name === "title" ? "input" : "textarea")
    if (name === "title") {
      input.type = "text"
      input.maxLength = 200
    } else {
      input.rows = name === "definition" ? 2 : 3
    }
    input.value = this.#form[name]
    input.placeholder = example
    input.addEventListener("input", () => {
      this.#form[name] = input.value
      if (name === "title" && this.#form.slot === "new" && !this.#named) {
        this.#rename()
      }
      this.#keep()
    })
    return this.#labelled(name, input, words, help)
  }

  #rename() {
    this.#form.name = attributeName(this.#form.group, this.#form.title)
    const input = this.box.querySelector("#field-name")
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
      this.#named ? (this.box.querySelector("#field-name").value = this.#form.name) : this.#rename()
      this.#keep()
    })
    return this.#labelled("group", select, "Group", "Subject, emotion, or technique of the image")
  }

  #nameField() {
    const input = node("input")
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
  #examples(kind) {
    const part = node("div", `examples ${kind}`),
      line = node("div", "line"),
      name = `examples_${kind}`
    part.dataset.kind = kind
    line.append(
      button("add-chosen", "Add the chosen image", "", () => this.#ask(kind, "chosen")),
      button("add-selected", "", "", () => this.#ask(kind, "selection")),
    )
    part.append(
      text("p", "soft", kind === "yes" ? "Pictures that count" : "Pictures that do not count"),
      node("div", "pictures"),
      line,
      text("p", "note soft", ""),
      this.#problem(name),
    )
    this.#fill(part, kind)
    return part
  }

  #ask(kind, from) {
    this.#acts.example(kind, from, MOST_EXAMPLES - this.#form[`examples_${kind}`].length)
  }

  #fill(part, kind) {
    const ids = this.#form[`examples_${kind}`]
    part.querySelector(".pictures").replaceChildren(
      ...ids.map((image) => {
        const remove = button("example", "", "Remove this picture", () => {
          this.#form[`examples_${kind}`] = ids.filter((one) => one !== image)
          this.#keep()
          this.#fill(part, kind)
          part.querySelector(".example, .add-chosen")?.focus()
        })
        remove.dataset.image = image
        remove.setAttribute("aria-label", "Remove this picture")
        const bytes = this.#pictures.bytes.get(image)
        if (bytes) {
          const picture = node("img")
          picture.src = this.#pictures.address(image, bytes)
          picture.alt = ""
          remove.append(picture)
        }
        return remove
      }),
    )
    const full = ids.length >= MOST_EXAMPLES,
      chosen = part.querySelector(".add-chosen"),
      selected = part.querySelector(".add-selected")
    chosen.disabled = full || !this.#model.chosen
    chosen.title = this.#model.chosen ? "The image whose card is open" : "Click a picture on the map first"
    selected.textContent = `Add the selection (${whole(this.#model.selected)})`
    selected.disabled = full || !this.#model.selected
    selected.title = this.#model.selected
      ? `Add the first images of the selection, up to ${MOST_EXAMPLES} in total`
      : "Select pictures on the map first"
  }

  refill() {
    if (this.#form) {
      for (const part of this.box.querySelectorAll(".examples")) {
        this.#fill(part, part.dataset.kind)
      }
    }
  }

  add(message) {
    if (!this.#form) {
      return
    }
    const name = `examples_${message.kind}`
    this.#form[name] = [...new Set([...this.#form[name], ...message.images])].slice(0, MOST_EXAMPLES)
    this.#keep()
    this.refill()
    const note = this.box.querySelector(`.examples.${message.kind} .note`)
    if (note) {
      note.textContent = message.note
    }
  }

  // ---- saving ------------------------------------------------------------------------------------------------------
  save() {
    if (!this.#form || this.#saving) {
      return
    }
    this.#saving = true
    this.#clearProblems()
    this.box.querySelector(".save").disabled = true
    this.#acts.save({
      name: this.#form.name || attributeName(this.#form.group, this.#form.title),
      seen_version: this.#form.seen_version,
      form: this.#values(),
    })
  }

  again() {
    this.#saving = false
    const submit = this.box.querySelector(".save")
    if (submit) {
      submit.disabled = false
    }
  }

  #clearProblems() {
    for (const element of this.box.querySelectorAll(".problem")) {
      element.hidden = true
      element.textContent = ""
    }
    for (const element of this.box.querySelectorAll("[aria-invalid]")) {
      element.removeAttribute("aria-invalid")
    }
  }

  refuse(problems) {
    this.again()
    this.#clearProblems()
    /** @type {any} */
    let first = null
    for (const [name, words] of Object.entries(problems)) {
      const place = this.box.querySelector(`#problem-${name}`) ?? this.box.querySelector("#problem-form"),
        input = this.box.querySelector(`#field-${name}`)
      if (!place) {
        continue
      }
      place.textContent = words
      place.hidden = false
      input?.setAttribute("aria-invalid", "true")
      first ??= input ?? place
    }
    first?.focus?.()
    first?.scrollIntoView?.({ block: "center" })
  }

  saved() {
    const slot = this.#form?.slot
    if (slot) {
      this.#drafts.forget(slot)
    }
    this.#form = null
    this.box.replaceChildren()
  }

  // Another annotator saved first: their text appears below each field that differs, and the text typed here stays.
  conflict(message) {
    this.again()
    this.#theirs = { ...message.theirs, ...fieldsOf(message.theirs) }
    const place = this.box.querySelector(".conflict")
    place.hidden = false
    place.replaceChildren(
      text("p", "", message.text),
      button(
        "primary overwrite",
        `Save mine as version ${this.#theirs.version + 1}`,
        "The other version stays in the history",
        () => {
          this.#form.seen_version = this.#theirs.version
          this.#keep()
          this.save()
        },
      ),
    )
    for (const name of FORM_FIELDS) {
      const other = this.box.querySelector(`#field-${name}`).parentElement.querySelector(".other")
      other.replaceChildren(...(this.#form[name].trim() === this.#theirs[name].trim() ? [] : this.#theirWords(name)))
    }
    place.scrollIntoView({ block: "nearest" })
    place.querySelector(".overwrite").focus()
  }

  #theirWords(name) {
    const words = text("blockquote", "", this.#theirs[name] || "(nothing)")
    const use = button("plain use", "Use this", `Use the text by ${this.#theirs.by}`, () => {
      this.#form[name] = this.#theirs[name]
      this.#keep()
      const input = this.box.querySelector(`#field-${name}`)
      input.value = this.#form[name]
      use.parentElement.replaceChildren()
      input.focus()
    })
    return [text("span", "soft", `${this.#theirs.by} wrote:`), words, use]
  }

  slot() {
    return this.#form?.slot ?? ""
  }

  seen() {
    return this.#form?.seen_version ?? 0
  }

  images() {
    return this.#form ? [...this.#form.examples_yes, ...this.#form.examples_no] : []
  }

  hasKept(slot) {
    return this.#drafts.recall(slot) !== null
  }

  close() {
    this.#form = null
    this.box.replaceChildren()
  }

  focus() {
    return this.box.querySelector("#field-title")?.focus({ preventScroll: true })
  }
}
