// The actions of the Label tab, by name. Head, sheet, foot and notices receive only these and do not know the tab.

export function makeActs(tab, { answering, outbox, presence }) {
  return {
    join: (name) => tab.send({ type: "join", name }),
    leave: () => tab.send({ type: "leave" }),
    work: (choice) => tab.work(choice),
    wide: () => tab.send({ type: "wide" }),
    instructions: () => tab.toggleInstructions(),
    focus: () => tab.focus(),
    again: () => outbox.again(),
    takeOver: () => tab.send({ type: "take_over" }),
    alive: () => presence.wake(),
    meant: (yes) => tab.send({ type: "meant", yes }),
    stroke: (what, check) => tab.send({ type: "bulk_answer", what, act: check.act, batch: check.batch }),
    agree: (count) => tab.send({ type: "agree", count }),
    cancel: (batch) => tab.send({ type: "cancel", batch }),
    source: (key, value) => tab.source(key, value),
    selectCluster: (value) => tab.send({ type: "select_cluster", value }),
    typing: (words) => answering.typing(words),
    confirm: answering.confirm,
    skip: answering.skip,
    previous: answering.previous,
    undo: () => answering.change("undo"),
    certain: answering.certain,
    toggle: (place, value) => answering.toggle(place, value),
    say: (value) => answering.say(value),
    describe: (words) => answering.describe(words),
    enlarge: (place) => tab.enlarge(place),
  }
}
