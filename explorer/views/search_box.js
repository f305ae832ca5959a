// The search box: Enter or a pause searches, Escape leaves, "/" leads here from everywhere on a page of our own.

const PAUSE = 450      // ms without a key after which what was typed is searched for
const SHORTEST = 2     // letters from which a pause is enough

export function render({ model }) {
  const root = makeRoot(model, "div", "search ex-search"), input = node("input"), state = node("span", "result"), advice = node("div", "advice"), bar = node("div", "bar")
  Object.assign(input, { type: "search", placeholder: "Search captions", maxLength: 1000, autocomplete: "off", spellcheck: false })
  input.setAttribute("aria-label", "Search captions and keywords")
  input.title = "Words of captions and keywords. Enter searches, Esc leaves, / leads here."
  const hint = text("kbd", "hint", "/")
  state.setAttribute("role", "status")
  advice.setAttribute("role", "alert")
  root.append(input, hint, state, bar, advice)
  let timer = 0, asked = ""

  function search(now) {
    clearTimeout(timer)
    const words = input.value.trim()
    if (!words && asked) { asked = ""; model.send_msg({ text: "" }) }
    if (!words || (words === asked && !now) || (words.length < SHORTEST && !now)) { return }
    asked = words
    root.dataset.asked = words
    model.send_msg({ text: words })
  }
  input.addEventListener("input", () => {
    clearTimeout(timer)
    advice.hidden = true
    timer = setTimeout(() => search(false), input.value ? PAUSE : 0)
  })
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); search(true) }
    if (event.key === "Escape") { event.preventDefault(); advice.hidden = true; input.blur() }
    event.stopPropagation()
  })
  input.addEventListener("blur", () => { advice.hidden = true })
  function lead(event) {
    const from = event.composedPath()[0]
    const typing = from instanceof HTMLElement && (from.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(from.tagName) && from.type !== "range")
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing || !model.served) { return }
    event.preventDefault()
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
  model.on("served", () => { hint.hidden = !model.served })
  for (const name of ["busy", "share", "result", "advice"]) { model.on(name, show) }
  document.addEventListener("keydown", lead)
  model.on("remove", () => { document.removeEventListener("keydown", lead); clearTimeout(timer) })
  show()
  return root
}
