// The search box: Enter or a pause searches, Escape leaves, "/" leads here from everywhere on a page of our own.

import { makeRoot, node, text } from "../shared/elements.js"
import { composing, isTyping, onKeys, pressKey } from "../shared/keys.js"

const PAUSE = 450 // ms without a key after which what was typed is searched for
const SHORTEST = 2 // letters from which a pause is enough

export function render({ model }) {
  const root = makeRoot(model, "div", "search ex-search"),
    input = node("input"),
    state = node("span", "result"),
    advice = node("div", "advice"),
    bar = node("div", "bar")
  Object.assign(input, {
    type: "search",
    placeholder: "Search captions",
    maxLength: 1000,
    autocomplete: "off",
    spellcheck: false,
  })
  input.setAttribute("aria-label", "Search captions and keywords")
  input.title = "Words of captions and keywords. Enter searches, Esc leaves, / leads here."
  const hint = text("kbd", "hint", "/")
  state.setAttribute("role", "status")
  advice.setAttribute("role", "alert")
  const field = node("div", "field")
  field.append(input, hint, bar)
  root.append(field, state, advice)
  let timer = 0,
    asked = ""

  function search(now) {
    clearTimeout(timer)
    const words = input.value.trim()
    if (!words && asked) {
      asked = ""
      model.send_msg({ text: "" })
    }
    if (!words || (words === asked && !now) || (words.length < SHORTEST && !now)) {
      return
    }
    asked = words
    root.dataset.asked = words
    model.send_msg({ text: words })
  }
  function typed(event) {
    clearTimeout(timer)
    advice.hidden = true
    if (!composing(event)) {
      timer = setTimeout(() => search(false), input.value ? PAUSE : 0)
    } // half a word is none
  }
  input.addEventListener("input", typed)
  input.addEventListener("compositionend", typed)
  onKeys(input, (event) => {
    pressKey(event, {
      Enter: () => search(true),
      Escape: () => {
        advice.hidden = true
        input.blur()
      },
    })
    event.stopPropagation()
  })
  input.addEventListener("blur", () => {
    advice.hidden = true
  })
  function lead() {
    input.focus()
    input.select()
  }
  function show() {
    state.textContent = model.busy ? `searching… ${Math.round(model.share * 100)} %` : model.result
    advice.textContent = model.advice
    advice.hidden = !model.advice
    bar.hidden = !model.busy
    bar.style.width = `${Math.max(4, model.share * 100)}%`
    root.classList.toggle("nothing", Boolean(model.advice))
  }
  hint.hidden = !model.served
  model.on("served", () => {
    hint.hidden = !model.served
  })
  for (const name of ["busy", "share", "result", "advice"]) {
    model.on(name, show)
  }
  const deaf = onKeys(document, (event) => {
    if (model.served && !isTyping(event)) {
      pressKey(event, { "/": lead })
    }
  })
  model.on("msg:custom", (message) => {
    if (message.type === "focus") {
      lead()
    }
  })
  model.on("remove", () => {
    deaf()
    clearTimeout(timer)
  })
  show()
  return root
}
