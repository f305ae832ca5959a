// The Rounds tab: training, model quality, threshold, changes of the last round, guaranteed precision, releases.

import { makeCertification, makeReleases } from "./certification.js"
import { Threshold } from "./threshold.js"
import { choicesOf, fill, makeNotes, makeTabHead, strip } from "../common/attribute_tab_parts.js"
import { makeCurve } from "../common/charts.js"
import { button, hearMessages, makePictures, makeRoot, node, options, text } from "../common/elements.js"

/** @param {{ model: Server.RoundsTab }} panel */
export function render({ model }) {
  const root = makeRoot(model, "div", "attribute-tab rounds ex-rounds")
  root.tabIndex = -1
  /** @param {Server.RoundsTabSent} message */
  const send = (message) => model.send_msg(message)
  const pictures = makePictures("image/jpeg")
  /** @type {import("./threshold.js").ThresholdActs} */
  const acts = {
    pictures,
    evaluate: (thresholds) => send({ type: "threshold", ...thresholds }),
    find: (precision) => send({ type: "find", precision }),
    useOnMap: () => send({ type: "use" }),
    open: (row) => send({ type: "open", row }),
  }
  const notes = makeNotes()
  const head = makeTabHead(send),
    work = makeRoundWork(send),
    knowledge = makeKnowledge(),
    threshold = new Threshold(acts)
  const changes = node("section", "crossed"),
    certification = makeCertification(send),
    release = makeReleases(send)
  const empty = text(
    "p",
    "soft empty",
    "Choose an attribute. Each round trains on its answers, scores every image, and asks about the images that teach most.",
  )
  root.append(
    notes.box,
    head.box,
    empty,
    work.box,
    knowledge.box,
    threshold.box,
    changes,
    certification.box,
    release.box,
  )

  function update() {
    const standing = model.standing
    notes.about(standing.attribute ?? "")
    head.update(standing)
    empty.hidden = Boolean(standing.attribute)
    for (const part of [work, knowledge, certification, release]) {
      part.box.hidden = !standing.attribute
      if (standing.attribute) {
        part.update(standing)
      }
    }
    threshold.update(standing)
    if (!standing.histogram) {
      changes.replaceChildren()
    }
    root.dataset.round = String(standing.round ?? 0)
    root.dataset.working = standing.working ? "yes" : ""
  }
  /** @type {Server.Handlers<Server.RoundsTabReceived>} */
  const handlers = {
    note: notes.note,
    threshold: (message) => threshold.receive(message),
    crossed(message) {
      changes.replaceChildren(
        text("h4", "", "Changes of the last round"),
        text("p", "", message.words),
        ...message.sides.map((side) => strip(side.title, side.items, acts)),
      )
      changes.hidden = !message.words
    },
  }
  hearMessages(model, handlers)
  model.on("standing", update)
  update()
  send({ type: "hello" })
  return root
}

// One round (train, score, rank, ask) with its progress and a stop button.
/** @param {import("./certification.js").Send} send */
function makeRoundWork(send) {
  const box = node("section", "work"),
    line = node("div", "line"),
    sentences = node("div", "sentences"),
    bar = node("progress"),
    stage = text("p", "soft stage", "")
  const train = button(
    "primary train",
    "Train and rank",
    "Train on all answers, score every image, and ask about the images that teach most",
    () => send({ type: "train" }),
  )
  const stop = button("stop", "Stop", "Stop this round; nothing of it is kept", () => send({ type: "stop" }))
  const label = button("answer", "", "Answer the waiting questions in the Label tab", () => send({ type: "answer" }))
  const more = node("details"),
    strategy = node("select"),
    batch = node("select")
  strategy.setAttribute("aria-label", "Strategy")
  batch.setAttribute("aria-label", "Questions per round")
  strategy.addEventListener("change", () => send({ type: "option", name: "strategy", value: strategy.value }))
  batch.addEventListener("change", () => send({ type: "option", name: "batch", value: Number(batch.value) }))
  for (const { title, field } of [
    { title: "Strategy", field: strategy },
    { title: "Questions per round", field: batch },
  ]) {
    const part = node("label")
    part.append(text("span", "soft", title), field)
    more.append(part)
  }
  more.prepend(text("summary", "soft", "Options"))
  bar.max = 1
  stage.setAttribute("role", "status")
  line.append(train, stop, label)
  box.append(line, bar, stage, sentences, more)
  /** @param {Server.RoundsStanding} standing */
  function update(standing) {
    const working = standing.working
    train.hidden = Boolean(working)
    train.disabled = !standing.can_train
    train.title = standing.can_train
      ? "Train on all answers, score every image, and ask about the images that teach most"
      : standing.cannot
    stop.hidden = bar.hidden = stage.hidden = !working
    if (working) {
      bar.value = working.share
      stage.textContent = working.words
    }
    label.hidden = !standing.waiting
    label.textContent = `Answer ${standing.waiting.toLocaleString("en")} question${standing.waiting === 1 ? "" : "s"}`
    label.classList.toggle("primary", Boolean(standing.waiting) && !standing.can_train)
    sentences.replaceChildren(...standing.sentences.map((words) => text("p", "", words)))
    options(strategy, choicesOf(standing.strategies))
    options(
      batch,
      standing.batches.map((count) => [`${count}`, `${count}`]),
    )
    strategy.value = standing.strategy
    batch.value = String(standing.batch)
  }
  return { box, update }
}

// Model quality by the validation answers, and the learning curve over the rounds.
function makeKnowledge() {
  const box = node("section", "knowledge"),
    figures = node("dl", "figures"),
    advice = text("p", "advice", "")
  const learning = makeCurve({ label: "Learning curve", xWords: "answers", yWords: "average precision" })
  const trade = makeCurve({ label: "Precision against recall", xWords: "recall", yWords: "precision", xAxis: "share" })
  const more = node("details")
  more.append(text("summary", "soft", "Precision against recall"), trade.box)
  box.append(text("h4", "", "Model quality"), figures, learning.box, advice, more)
  /** @param {Server.RoundsStanding} standing */
  function update(standing) {
    box.hidden = !standing.round
    fill(figures, standing.figures)
    learning.box.toggleAttribute("hidden", !standing.curve.length)
    if (standing.curve.length) {
      learning.update(standing.curve)
    }
    more.hidden = !standing.trade.length
    if (standing.trade.length) {
      trade.update(standing.trade, standing.here)
    }
    advice.textContent = standing.advice
    advice.hidden = !standing.advice
  }
  return { box, update }
}
