// The Audit tab: plan, freeze, draw, answer, publish, and the results for one attribute and for all.

import { makeFamily } from "./charts.js"
import { AuditPlan } from "./plan.js"
import { AuditProgress } from "./progress.js"
import { AuditResult } from "./result.js"
import { makeNotes, makeTabHead } from "../common/attribute_tab_parts.js"
import { button, hearMessages, makePictures, makeRoot, node, saveFile, text } from "../common/elements.js"
import { isTyping, onKeys, pressKey } from "../common/keys.js"

/** @param {{ model: Server.AuditTab }} panel */
export function render({ model }) {
  const root = makeRoot(model, "div", "attribute-tab audit ex-audit")
  root.tabIndex = -1
  /** @param {Server.AuditTabSent} message */
  const send = (message) => {
    notes.clear()
    model.send_msg(message)
  }
  const pictures = makePictures("image/jpeg")
  const notes = makeNotes()
  /** @type {import("../common/attribute_tab_parts.js").PictureActs} */
  const acts = { pictures, open: (row) => send({ type: "open", row }) }
  const head = makeTabHead(send)
  const plan = new AuditPlan(send),
    current = new AuditProgress(send),
    result = new AuditResult(send, acts),
    family = makeFamily(send)
  const nothing =
    "Choose an attribute. An audit measures how good a release is. People answer a random sample of its images blind, and the result is an exact interval."
  const empty = text("p", "soft empty", nothing)
  head.box.addEventListener("change", () => {
    empty.textContent = "Reading the audits …"
  })
  const none = node("div", "none"),
    words = text("p", "soft empty", "")
  none.append(
    words,
    button("rounds", "Open the Rounds tab", "Train, evaluate, and make a release", () => send({ type: "rounds" })),
  )
  root.append(notes.box, head.box, empty, none, current.box, result.box, plan.box, family.box)

  function update() {
    const standing = model.standing
    notes.about(standing.attribute ?? "")
    head.update(standing)
    empty.hidden = Boolean(standing.attribute)
    if (standing.attribute) {
      empty.textContent = nothing
    }
    none.hidden = !standing.none
    words.textContent = standing.none ?? ""
    for (const part of [plan, current, result]) {
      part.update(standing)
    }
    family.update(standing.family ?? null)
    root.dataset.state = standing.current?.state ?? (standing.result ? "published" : standing.plan ? "plan" : "")
  }
  /** @type {Server.Handlers<Server.AuditTabReceived>} */
  const handlers = {
    note: notes.note,
    mistakes: (message) => result.mistakes(message),
    refused: () => plan.update(model.standing, true),
    file: saveFile,
  }
  onKeys(root, (event) => {
    const open = model.standing.current
    if (isTyping(event) || open?.state !== "drawn" || open.complete) {
      return
    }
    pressKey(event, { a: () => send({ type: "answer" }) })
  })
  hearMessages(model, handlers)
  model.on("standing", update)
  model.on("remove", () => pictures.keep([]))
  update()
  send({ type: "hello" })
  return root
}
