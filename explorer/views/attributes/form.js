// The form that defines an attribute or changes one. What is typed is kept by the browser until it is saved.

import { GROUP_TITLES, whole } from "./list.js"
import { button, node, text } from "../shared/elements.js"

const FORM_FIELDS = ["title", "definition", "counts", "counts_not"]
const FORM_WORDS = {
  title: ["Title", "bird", "Short words for the screen, up to 60 characters"],
  definition: ["Question", "Does the picture show a bird?", "In one sentence"],
  counts: ["What counts as yes", "a drawing of a bird\na bird far away", "One a line"],
  counts_not: ["What does not", "feathers alone\na plane", "One a line"],
}
const MOST_EXAMPLES = 24

// group and words -> content_sea_shell; accents are dropped, other alphabets leave nothing: then a name must be typed.
function attributeName(group, title) {
  const word = title
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
  return word ? `${group}_${word}`.slice(0, 100) : `${group}_`
}

export function makeAttributeForm(model, pictures, acts) {
  const box = node("form", "define ex-define")
  let form = null,
    theirs = null,
    named = false,
    saving = false
  box.noValidate = true
  box.addEventListener("submit", (event) => {
    event.preventDefault()
    save()
  })

  const blank = (group = "content") => ({
    name: "",
    group,
    seen_version: 0,
    title: "",
    definition: "",
    counts: "",
    counts_not: "",
    examples_yes: [],
    examples_no: [],
  })
  const fromDefinition = (words) => ({
    title: words.title,
    definition: words.definition,
    counts: words.counts.join("\n"),
    counts_not: words.counts_not.join("\n"),
  })
  const examplesOf = (detail, kind) => detail.examples.filter((one) => one.kind === kind).map((one) => one.image)

  function create() {
    begin(recall("new") ?? blank(), "new")
  }
  function edit(detail) {
    const fresh = {
      ...blank(detail.group),
      ...fromDefinition(detail),
      name: detail.name,
      seen_version: detail.version,
      examples_yes: examplesOf(detail, "yes"),
      examples_no: examplesOf(detail, "no"),
    }
    begin(recall(detail.name) ?? fresh, detail.name)
  }
  function begin(values, slot) {
    form = { ...values, slot }
    theirs = null
    saving = false
    named = Boolean(form.name) && form.name !== attributeName(form.group, form.title)
    draw()
    acts.want([...form.examples_yes, ...form.examples_no])
  }

  // ---- kept until saved --------------------------------------------------------------------------------------------
  const slotKey = (slot) => `${model.key}:${slot}`
  function keep() {
    try {
      sessionStorage.setItem(slotKey(form.slot), JSON.stringify(values()))
    } catch {
      /* a browser that keeps nothing */
    }
  }
  function values() {
    const { slot, ...rest } = form
    return rest
  }
  function forget(slot) {
    try {
      sessionStorage.removeItem(slotKey(slot))
    } catch {
      /* nothing was kept */
    }
  }
  function recall(slot) {
    try {
      const kept = JSON.parse(sessionStorage.getItem(slotKey(slot)))
      return kept && Array.isArray(kept.examples_yes) && Array.isArray(kept.examples_no) ? kept : null
    } catch {
      return null
    }
  }

  // ---- elements ----------------------------------------------------------------------------------------------------
  function draw() {
    const fresh = form.seen_version === 0 && form.slot === "new",
      head = node("h3")
    head.textContent = fresh ? "New attribute" : `Change ${form.title || form.name}`
    const foot = node("div", "line foot"),
      submit = text("button", "primary save", "Save")
    submit.type = "submit"
    submit.title = "Save (Ctrl + Enter)"
    foot.append(
      submit,
      button("cancel", "Later", "Close; what you typed is kept in this window (Esc)", () => acts.leave(form.slot)),
      button("discard", "Discard", "Throw away what you typed", discard),
    )
    box.replaceChildren(
      head,
      node("div", "conflict"),
      problem("form"),
      ...(fresh ? [groupField()] : []),
      field("title"),
      ...(fresh ? [nameField()] : [text("p", "soft name", form.name)]),
      field("definition"),
      field("counts"),
      examples("yes"),
      field("counts_not"),
      examples("no"),
      foot,
    )
    box.querySelector(".conflict").hidden = true
  }
  function discard() {
    forget(form.slot)
    acts.leave(form.slot)
  }
  function problem(name) {
    const element = node("p", "problem")
    element.id = `problem-${name}`
    element.setAttribute("role", "alert")
    element.hidden = true
    return element
  }
  function labelled(name, input, words, help) {
    const box = node("div", "field"),
      label = text("label", "", words)
    input.id = `field-${name}`
    input.dataset.field = name
    label.htmlFor = input.id
    if (help) {
      label.append(text("span", "soft", help))
    }
    input.setAttribute("aria-describedby", `problem-${name}`)
    box.append(label, input, problem(name), node("div", "other"))
    return box
  }
  function field(name) {
    const [words, example, help] = FORM_WORDS[name],
      input = node(name === "title" ? "input" : "textarea")
    if (name === "title") {
      input.type = "text"
      input.maxLength = 200
    } else {
      input.rows = name === "definition" ? 2 : 3
    }
    input.value = form[name]
    input.placeholder = example
    input.addEventListener("input", () => {
      form[name] = input.value
      if (name === "title" && form.slot === "new" && !named) {
        rename()
      }
      keep()
    })
    return labelled(name, input, words, help)
  }
  function rename() {
    form.name = attributeName(form.group, form.title)
    const input = box.querySelector("#field-name")
    if (input) {
      input.value = form.name
    }
  }
  function groupField() {
    const select = node("select")
    for (const [key, words] of Object.entries(GROUP_TITLES)) {
      const option = text("option", "", words)
      option.value = key
      select.append(option)
    }
    select.value = form.group
    select.addEventListener("change", () => {
      form.name = named ? form.name.replace(/^[a-z]*_/, `${select.value}_`) : form.name
      form.group = select.value
      named ? (box.querySelector("#field-name").value = form.name) : rename()
      keep()
    })
    return labelled("group", select, "Group", "What is to be seen, what is felt, or how it is made")
  }
  function nameField() {
    const input = node("input")
    input.type = "text"
    input.value = form.name
    input.placeholder = attributeName(form.group, "bird")
    input.spellcheck = false
    input.maxLength = 100
    input.addEventListener("input", () => {
      form.name = input.value.trim()
      named = Boolean(form.name)
      keep()
    })
    return labelled("name", input, "Name", "In tables and programs; it never changes")
  }

  // ---- examples ----------------------------------------------------------------------------------------------------
  function examples(kind) {
    const part = node("div", `examples ${kind}`),
      line = node("div", "line"),
      name = `examples_${kind}`
    part.dataset.kind = kind
    line.append(
      button("add-chosen", "Add the chosen image", "", () => ask(kind, "chosen")),
      button("add-selected", "", "", () => ask(kind, "selection")),
    )
    part.append(
      text("p", "soft", kind === "yes" ? "Pictures that count" : "Pictures that do not"),
      node("div", "pictures"),
      line,
      text("p", "note soft", ""),
      problem(name),
    )
    fill(part, kind)
    return part
  }
  function ask(kind, from) {
    acts.example(kind, from, MOST_EXAMPLES - form[`examples_${kind}`].length)
  }
  function fill(part, kind) {
    const ids = form[`examples_${kind}`]
    part.querySelector(".pictures").replaceChildren(
      ...ids.map((image) => {
        const remove = button("example", "", "Take this picture out", () => {
          form[`examples_${kind}`] = ids.filter((one) => one !== image)
          keep()
          fill(part, kind)
          part.querySelector(".example, .add-chosen")?.focus()
        })
        remove.dataset.image = image
        remove.setAttribute("aria-label", "Take this picture out")
        const bytes = pictures.bytes.get(image)
        if (bytes) {
          const picture = node("img")
          picture.src = pictures.address(image, bytes)
          picture.alt = ""
          remove.append(picture)
        }
        return remove
      }),
    )
    const full = ids.length >= MOST_EXAMPLES,
      chosen = part.querySelector(".add-chosen"),
      selected = part.querySelector(".add-selected")
    chosen.disabled = full || !model.chosen
    chosen.title = model.chosen ? "The image whose card is open" : "Click a picture on the map first"
    selected.textContent = `Add the selection (${whole(model.selected)})`
    selected.disabled = full || !model.selected
    selected.title = model.selected
      ? `The first of them, up to ${MOST_EXAMPLES} in all`
      : "Select pictures on the map first"
  }
  function refill() {
    if (form) {
      for (const part of box.querySelectorAll(".examples")) {
        fill(part, part.dataset.kind)
      }
    }
  }
  function add(message) {
    if (!form) {
      return
    }
    const name = `examples_${message.kind}`
    form[name] = [...new Set([...form[name], ...message.images])].slice(0, MOST_EXAMPLES)
    keep()
    refill()
    const note = box.querySelector(`.examples.${message.kind} .note`)
    if (note) {
      note.textContent = message.note
    }
  }

  // ---- saving ------------------------------------------------------------------------------------------------------
  function save() {
    if (!form || saving) {
      return
    }
    saving = true
    clearProblems()
    box.querySelector(".save").disabled = true
    acts.save({
      name: form.name || attributeName(form.group, form.title),
      seen_version: form.seen_version,
      form: values(),
    })
  }
  function again() {
    saving = false
    const submit = box.querySelector(".save")
    if (submit) {
      submit.disabled = false
    }
  }
  function clearProblems() {
    for (const element of box.querySelectorAll(".problem")) {
      element.hidden = true
      element.textContent = ""
    }
    for (const element of box.querySelectorAll("[aria-invalid]")) {
      element.removeAttribute("aria-invalid")
    }
  }
  function refuse(problems) {
    again()
    clearProblems()
    let first = null
    for (const [name, words] of Object.entries(problems)) {
      const place = box.querySelector(`#problem-${name}`) ?? box.querySelector("#problem-form"),
        input = box.querySelector(`#field-${name}`)
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
  function saved() {
    const slot = form?.slot
    if (slot) {
      forget(slot)
    }
    form = null
    box.replaceChildren()
  }

  // Somebody was quicker: their words stand below each field that differs, and nothing typed here is touched.
  function conflict(message) {
    again()
    theirs = { ...message.theirs, ...fromDefinition(message.theirs) }
    const place = box.querySelector(".conflict")
    place.hidden = false
    place.replaceChildren(
      text("p", "", message.text),
      button("primary overwrite", `Save mine as version ${theirs.version + 1}`, "Theirs stays in the history", () => {
        form.seen_version = theirs.version
        keep()
        save()
      }),
    )
    for (const name of FORM_FIELDS) {
      const other = box.querySelector(`#field-${name}`).parentElement.querySelector(".other")
      other.replaceChildren(...(form[name].trim() === theirs[name].trim() ? [] : theirWords(name)))
    }
    place.scrollIntoView({ block: "nearest" })
    place.querySelector(".overwrite").focus()
  }
  function theirWords(name) {
    const words = text("blockquote", "", theirs[name] || "(nothing)")
    const use = button("plain use", "Use this", `Take what ${theirs.by} wrote`, () => {
      form[name] = theirs[name]
      keep()
      const input = box.querySelector(`#field-${name}`)
      input.value = form[name]
      use.parentElement.replaceChildren()
      input.focus()
    })
    return [text("span", "soft", `${theirs.by} wrote:`), words, use]
  }

  return {
    box,
    create,
    edit,
    add,
    refill,
    refuse,
    conflict,
    saved,
    save,
    again,
    slot: () => form?.slot ?? "",
    seen: () => form?.seen_version ?? 0,
    images: () => (form ? [...form.examples_yes, ...form.examples_no] : []),
    hasKept: (slot) => recall(slot) !== null,
    close: () => {
      form = null
      box.replaceChildren()
    },
    focus: () => box.querySelector("#field-title")?.focus({ preventScroll: true }),
  }
}
