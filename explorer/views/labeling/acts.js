// The actions of the Label tab, by name. Head, sheet, foot and notices use only these.

/** @typedef {ReturnType<typeof makeActs>} Acts */
/** @typedef {import("./pages.js").Value} Value */
/** @typedef {Omit<Extract<Server.LabelTabSent, { type: "work" }>, "type" | "fresh">} WorkChoice */

/**
 * @param {import("./label_tab.js").LabelTab} tab
 * @param {Object} parts
 * @param {import("./answering.js").Answering} parts.answering
 * @param {import("./outbox.js").Outbox} parts.outbox
 * @param {import("./presence.js").Presence} parts.presence
 */
export function makeActs(tab, { answering, outbox, presence }) {
  return {
    join: (/** @type {string} */ name) => tab.send({ type: "join", name }),
    leave: () => tab.send({ type: "leave" }),
    work: (/** @type {WorkChoice} */ choice) => tab.work(choice),
    wide: () => tab.send({ type: "wide" }),
    instructions: () => tab.toggleInstructions(),
    focus: () => tab.focus(),
    again: () => outbox.again(),
    takeOver: () => tab.send({ type: "take_over" }),
    alive: () => presence.wake(),
    confirmRun: (/** @type {boolean} */ yes) => tab.send({ type: "confirm_run", yes }),
    bulk: (/** @type {"keep" | "rollback"} */ what, /** @type {Server.SpotCheckShown} */ check) =>
      tab.send({ type: "bulk_answer", what, act: check.act, batch: check.batch }),
    agree: (/** @type {number} */ count) => tab.send({ type: "agree", count }),
    cancel: (/** @type {string} */ batch) => tab.send({ type: "cancel", batch }),
    source: (/** @type {string} */ key, /** @type {string} */ value) => tab.source(key, value),
    selectCluster: (/** @type {string} */ value) => tab.send({ type: "select_cluster", value }),
    typing: (/** @type {string} */ words) => answering.typing(words),
    confirm: answering.confirm,
    skip: answering.skip,
    previous: answering.previous,
    undo: () => answering.change("undo"),
    certain: answering.certain,
    toggle: (/** @type {number} */ place, /** @type {Value} */ value) => answering.toggle(place, value),
    say: (/** @type {Value} */ value) => answering.say(value),
    describe: (/** @type {string} */ words) => answering.describe(words),
    enlarge: (/** @type {number | undefined} */ place = undefined) => tab.enlarge(place),
  }
}
