// All words of the page. What Burnish says of a picture or of an error comes from the server.

const number = (value) => (Math.round(value * 10) / 10).toString();

export const texts = {
  add: "Add pictures",
  theme: "Light or dark",
  stage:
    "The picture. Arrow keys move it, plus and minus zoom, 0 fits it, B shows it as it was. M takes " +
    "the brush that marks, X the one that spares, V neither; with one, arrow keys move it, Space " +
    "paints, and brackets make it smaller or larger.",
  picture: "The picture before and after",
  divider: "Divider between before and after",
  before: "before",
  after: "after",
  taken: "what was taken away, four times as strong",
  lead: "Drop pictures here.",
  explain:
    "Burnish takes noise off photographs, blocks off JPEGs, dust and scratches off prints, and " +
    "stains off pages; it enlarges pictures, and paints photographs after paintings. Everything " +
    "happens on this machine; nothing is sent anywhere.",
  choose: "Choose pictures",
  chooseFolder: "A folder",
  hint: "Or paste one. Your files stay as they are.",
  panel: "Settings",
  sees: "What it sees",
  model: "Model",
  models: "Models",
  filters: "Filters",
  view: "View",
  modes: { divider: "Divider", side: "Side by side", taken: "Taken away" },
  undo: "Undo",
  redo: "Redo",
  brush: "Brush",
  // Of a model that works where a mask says, and of one that works everywhere.
  masked: {
    title: "Mask",
    show: "Show where it works",
    tools: { move: "None", mark: "Mark", spare: "Spare" },
    reset: "As found",
    save: "Save the mask",
    hint: "What is red is worked on, and all else stays as it is. Paint more, or less.",
  },
  everywhere: {
    title: "Paint where",
    show: "Show what is spared",
    tools: { move: "None", mark: "More", spare: "Less" },
    reset: "Everywhere",
    save: "Save the map",
    hint: "What is blue stays as it was. Paint less of the effect there, or more of it again.",
  },
  radius: "size",
  radiusUnit: "half its width, in pixels of the picture",
  maskFirst: "It takes what was painted: save that beside the picture.",
  zoom: "Zoom",
  fit: "Fit",
  percent: (zoom) => `${Math.round(zoom * 100)} %`,
  result: "Result",
  asItWas: "its format",
  size: "Size of the result",
  sized(size) {
    if (!size) return "its size";
    return size.includes("x") ? `inside ${size.replace("x", " × ")}` : `${size} times as large`;
  },
  save: "Save",
  saveAll: "Restore all",
  zip: "Save as ZIP",
  report: "Save a report",
  same: "Same settings for all",
  cancel: "Stop",
  progress: "Progress",
  command: "The same on the command line",
  copy: "Copy",
  copied: "The command is copied.",
  queue: "Pictures",
  remove: (name) => `Take ${name} off the list`,
  strength: "strength",
  strengthUnit: "how much of the effect, in percent",
  strip: "compare",
  stripOf: (name) => `Compare settings of ${name}`,
  setting: (value) => number(value),
  settingOf: (name, value) => `${name} ${number(value)}`,
  close: "Close",
  auto: "auto",
  autoFor: (name) => `Let the picture decide ${name}`,
  unused: "not asked: another dial is set",
  looking: "Looking at it …",
  arriving: "Reading …",
  coarse: "a coarse view; the sharp one follows",
  reducedOnly: "approximate here; what is saved is exact",
  strokesReduced: "approximate here; what is saved has finer strokes",
  // Of models whose own words are for the command line.
  tasks: {
    auto: "Looks at the picture, and does what it needs.",
    "style-any": "Paints photographs after any painting of which you have a picture.",
  },
  // What auto would take before a model that enlarges or paints.
  first: (models) => `Take ${models.join(", then ")} first, or the damage comes along.`,
  paintings: "Painted after",
  addPainting: "Add a painting",
  addAnother: "Add another",
  paintingHint(count, most) {
    if (!count) return "A picture of a painting: choose its file, drop it here, or paste it.";
    if (count === 1) return "With another one, strokes of both are mixed.";
    if (count < most) return "The sliders say how much each counts beside the others.";
    return `${most} are the most; take one off to add another.`;
  },
  paintingAdded: (name) => `It is painted after ${name}.`,
  removePainting: (name) => `Paint no more after ${name}`,
  weightOf: (name) => `weight of ${name}`,
  weightUnit: "percent, beside the others",
  enough: (most) => `${most} paintings at a time are the most; take one off first.`,
  noPainting: "Nothing is painted yet: add a painting.",
  somePainting: "PAINTING",
  moved: (name) => `${name} was moved or changed and cannot be read any more; add it again.`,
  state: {
    arriving: "reading",
    ready: "",
    waiting: "waiting",
    working: "restoring",
    done: "restored",
    failed: "not read",
  },
  notDone: "not restored",
  notes: "Of what was saved",
  // A note on a result, without what it says of options of the command line.
  note: (words) => words.replace(/; --[a-z-]+ [^;]*/g, ""),
  which: (number, total) => `${number} of ${total}`,
  left: (seconds) =>
    seconds < 90 ? `${Math.max(1, Math.round(seconds))} s left` : `${Math.round(seconds / 60)} min left`,
  saved: (name) => `${name} is saved.`,
  allDone: (done, failed) =>
    `${done} restored${failed ? `, and ${failed} not: each says why` : ""}.`,
  stopped: "Stopped.",
  gone: "The server does not answer. Start burnish serve again, and open the address that it prints.",
  locked: "The token is missing. Open the address that burnish serve printed.",
  plain: "This file could not be read.",

  // What it sees: a sentence of an inspection's record.
  sentence(look) {
    const kind = { photograph: "a photograph", page: "a page", drawing: "a drawing" }[look.kind];
    const parts = [`${kind ?? look.kind}, ${look.grey ? "black and white" : "in colour"}`];
    if (look.noise >= 0.5) {
      const sure = look.noise_margin ? `, give or take ${number(look.noise_margin)}` : "";
      parts.push(`noise ${number(look.noise)}${sure}`);
    } else {
      parts.push("no noise to speak of");
    }
    if (look.quality < 100) parts.push(`compressed like a JPEG of quality ${look.quality}`);
    const all = parts.join("; ");
    return `${all[0].toUpperCase()}${all.slice(1)}.`;
  },
  // What it would do, of the same record.
  would(look) {
    const why = look.why.replaceAll("-m ", "the model "); // its words are the command line's
    if (!look.models.length) return `Left to itself, it leaves this as it is: ${why}.`;
    return `Left to itself, it takes ${look.models.join(", then ")}: ${why}.`;
  },
  facts(facts) {
    const several = facts.frames > 1 ? `, the first of ${facts.frames}` : "";
    return `${facts.shown[0]} × ${facts.shown[1]}, ${facts.format}${several}`;
  },
};
