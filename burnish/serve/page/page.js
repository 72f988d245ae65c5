// The page of `burnish serve`: pictures on the left, dials on the right. All work is the server's.

import { brush, drawStrokes } from "./brush.js";
import { allPaintings, numbered, paintingRow } from "./paintings.js";
import { texts } from "./texts.js";

const $ = (id) => document.getElementById(id);
const token = takeToken();
const looker = String(Math.random());
const ZOOMS = ["fit", 1, 2, 4];
// so many times as large, or as large as fits inside; none is as it comes out
const SIZES = ["", "2", "3", "4", "8", "1000x1000", "2000x2000", "4000x4000"];
const FORMATS = ["", "jpg", "png", "tif", "webp", "avif", "jxl"];
const MOST_REDUCED = 1024;
const ARRIVING_AT_ONCE = 2;

let models = [];
const items = [];
let current = null;
const view = { zoom: "fit", x: 0.5, y: 0.5, mode: "divider", divider: 0.5, before: false };
// What is in hand over a picture, how wide the brush is in its pixels, and whether it is shown where
// the model works.
const hand = { tool: "move", radius: 6, marks: false };
let stopAll = false;
// While all are restored: how many there are, how many are done, and since when.
let run = null;

// ---------------------------------------------------------------- the server

// The token comes in the address, behind the #, which no browser sends anywhere.
function takeToken() {
  const told = new URLSearchParams(location.hash.slice(1)).get("token");
  if (told) {
    sessionStorage.setItem("token", told);
    history.replaceState(null, "", location.pathname);
  }
  return told ?? sessionStorage.getItem("token");
}

class Said extends Error {}

async function ask(method, path, words = [], options = {}) {
  const query = new URLSearchParams(words).toString();
  const url = `/v1/${path}${query ? `?${query}` : ""}`;
  const headers = { Authorization: `Bearer ${token}` };
  let response;
  try {
    response = await fetch(url, { method, headers, ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Said(texts.gone);
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => null);
  const error = new Said(told?.error?.message ?? texts.gone);
  error.status = response.status;
  throw error;
}

// A request about a picture that the server has let go, or about paintings of it, sends these again
// first.
async function about(item, method, path, words = [], options = {}) {
  for (let again = false; ; again = true) {
    try {
      return await ask(method, path, [["picture", item.id], ...words.map(asSent)], options);
    } catch (error) {
      if (error.status !== 404 || again) throw error;
      await sendAgain(item, words);
    }
  }
}

// Words name a painting by its number on this page, and the server knows it by an id.
const paintingIn = ([name, value]) => (name === "style" ? numbered(parseInt(value)) : null);

function asSent(word) {
  const painting = paintingIn(word);
  return painting ? [word[0], word[1].replace(/^\d+/, painting.id)] : word;
}

async function sendAgain(item, words) {
  if (await isGone(item)) await send(item);
  for (const painting of words.map(paintingIn).filter(Boolean)) {
    if (!(await isGone(painting))) continue;
    try {
      await send(painting);
    } catch (error) {
      if (error.moved || error.status === 413 || error.status === 422) lose(painting, error.message);
      throw error;
    }
  }
}

async function isGone(one) {
  try {
    await ask("GET", `pictures/${one.id}`);
    return false;
  } catch (error) {
    if (error.status === 404) return true;
    throw error;
  }
}

// Several may ask for it at a time, and it is sent once.
function send(item) {
  item.sending ??= sendOnce(item).finally(() => { item.sending = null; });
  return item.sending;
}

async function sendOnce(item) {
  // Of a file that was moved or changed, fetch says no more than that the server does not answer.
  await item.file.slice(0, 1).arrayBuffer().catch(() => {
    throw Object.assign(new Said(texts.moved(item.file.name)), { moved: true });
  });
  const words = [["name", item.file.name]];
  const told = await (await ask("POST", "pictures", words, { body: item.file })).json();
  item.id = told.picture;
  item.facts = told.facts;
  [item.width, item.height] = told.facts.shown;
}

const modelOf = (item) => models.find((each) => each.name === item.wish.model);
// Whether a picture can be painted on, and whether its model works where a mask says: then that is
// what is painted over, and of another model it is the strength.
const paintable = (item) => item.facts?.frames === 1;
const isMasked = (item) => Boolean(modelOf(item)?.mask);
// How many paintings it may be painted after; most models paint nothing.
const mostPaintings = (item) => modelOf(item)?.paints ?? 0;

// What was painted, as the server takes it.
function paintedOf(item) {
  return paintable(item) && item.wish.strokes.length ? JSON.stringify(item.wish.strokes) : undefined;
}

// A model that enlarges or paints brings out what is wrong with a picture, unless auto goes before it.
const bringsOut = (item) => modelOf(item)?.scale > 1 || mostPaintings(item) > 0;
const chainOf = (item) => (item.wish.first && bringsOut(item) ? "auto+" : "") + item.wish.model;

function wishOf(item) {
  const words = [["model", chainOf(item)]];
  for (const [name, value] of Object.entries(item.wish.dials)) words.push(["d", `${name}=${value}`]);
  if (item.wish.strength !== 1) words.push(["strength", item.wish.strength]);
  for (const { number, weight } of paintingsOf(item)) words.push(["style", `${number}:${weight / 100}`]);
  return words;
}

// ---------------------------------------------------------------- pictures come in

function add(files) {
  const known = [...files].filter((file) => !file.name.startsWith("."));
  for (const file of known) {
    // painted: a number of its own for each state of the strokes
    const wish = {
      model: "auto", first: false, dials: {}, strength: 1, size: "", format: "",
      strokes: [], painted: 0, paintings: [],
    };
    const thumb = document.createElement("canvas");
    const item = { file, wish, state: "arriving", thumb, past: [], future: [] };
    items.push(item);
    if (!current) show(item);
  }
  renderQueue();
  takeIn();
}

let arriving = 0;
async function takeIn() {
  const next = items.find((item) => item.state === "arriving" && !item.begun);
  if (!next || arriving >= ARRIVING_AT_ONCE) return;
  arriving += 1;
  next.begun = true;
  takeIn();
  try {
    await send(next);
    next.state = "ready";
    await overview(next);
    if (next === current) show(next);
    renderQueue();
    next.seen = await (await about(next, "POST", "inspect")).json();
    if (next === current) renderPanel();
  } catch (error) {
    failed(next, error);
  }
  arriving -= 1;
  takeIn();
}

// The whole picture, small: it lies under everything, and is the picture in the list.
async function overview(item) {
  let reduce = 1;
  while (Math.max(item.width, item.height) / reduce > 1100) reduce *= 2;
  const whole = { left: 0, top: 0, width: item.width, height: item.height };
  item.overview = await pane(item, whole, reduce, [["strength", 0]]);
  const scale = Math.min(208 / item.width, 116 / item.height);
  item.thumb.width = Math.max(1, Math.round(item.width * scale));
  item.thumb.height = Math.max(1, Math.round(item.height * scale));
  const image = item.overview.image;
  item.thumb.getContext("2d").drawImage(image, 0, 0, item.thumb.width, item.thumb.height);
}

function failed(item, error) {
  item.state = "failed";
  item.error = error instanceof Said ? error.message : texts.plain;
  wrong(item.error);
  renderQueue();
  if (item === current) renderPanel();
}

async function filesOf(transfer) {
  const entries = [...transfer.items].map((each) => each.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return transfer.files;
  const found = [];
  for (const entry of entries) await gather(entry, found);
  return found.sort((one, other) => one.name.localeCompare(other.name));
}

async function gather(entry, found) {
  if (entry.isFile) {
    found.push(await new Promise((done, fail) => entry.file(done, fail)));
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((done, fail) => reader.readEntries(done, fail));
    if (!some.length) return;
    for (const each of some) await gather(each, found);
  }
}

// ---------------------------------------------------------------- views of a picture

// What the server shows of a part of a picture, as something that can be drawn; null where a newer
// one was asked for since.
async function pane(item, part, reduce, words, exact = false, who = "") {
  const window = Object.entries(part);
  const more = [["reduce", reduce], ["exact", exact ? 1 : 0], ["looker", who || String(Math.random())]];
  const body = words.some(([name]) => name === "model") ? paintedOf(item) : undefined;
  const response = await about(item, "POST", "preview", [...window, ...more, ...words], { body });
  if (response.status === 204) return null;
  const [width, height] = response.headers.get("X-Size").split("x").map(Number);
  const bytes = new Uint8ClampedArray(await response.arrayBuffer());
  const image = new OffscreenCanvas(width, height);
  image.getContext("2d").putImageData(new ImageData(bytes, width, height), 0, 0);
  return { image, part, exact: response.headers.get("X-Exact") === "1" };
}

function box() {
  const stage = $("stage").getBoundingClientRect();
  const halves = view.mode === "side" ? 2 : 1;
  return { width: Math.max(1, stage.width / halves), height: Math.max(1, stage.height), halves };
}

// CSS pixels of the screen for one pixel of the picture.
function scale() {
  const { width, height } = box();
  const fit = Math.min((width - 24) / current.width, (height - 24) / current.height);
  return view.zoom === "fit" ? Math.min(Math.max(fit, 0.001), 4) : view.zoom / devicePixelRatio;
}

// Where the picture's left upper corner lies in the box.
function corner() {
  const { width, height } = box();
  const s = scale();
  const along = (size, room, centre) => {
    if (size * s <= room) return (room - size * s) / 2;
    return Math.min(0, Math.max(room - size * s, room / 2 - centre * size * s));
  };
  return [along(current.width, width, view.x), along(current.height, height, view.y)];
}

// The part of the picture that is seen, and how far it is reduced for the screen.
function seen() {
  const { width, height } = box();
  const s = scale();
  const [x, y] = corner();
  const left = Math.max(0, Math.floor(-x / s));
  const top = Math.max(0, Math.floor(-y / s));
  const right = Math.min(current.width, Math.ceil((width - x) / s));
  const bottom = Math.min(current.height, Math.ceil((height - y) / s));
  let reduce = 1;
  while (reduce < MOST_REDUCED && reduce * 2 * s * devicePixelRatio <= 1.01) reduce *= 2;
  // Parts begin at whole pixels of the reduced picture.
  const from = (start) => Math.floor(start / reduce) * reduce;
  const part = { left: from(left), top: from(top) };
  part.width = Math.max(1, right - part.left);
  part.height = Math.max(1, bottom - part.top);
  return { part, reduce, key: JSON.stringify([part, reduce]) };
}

let wanted = 0;
let running = false;

// Asks for what is to be seen now. One coarse answer is on its way at a time, and the sharp one
// follows when the hand rests; what has become stale is dropped on both sides.
async function refresh() {
  draw();
  wanted += 1;
  if (running) return;
  running = true;
  let at = 0;
  try {
    while (at !== wanted) {
      at = wanted;
      const item = current;
      if (!item?.overview) continue;
      await look(item, at);
    }
  } catch (error) {
    busy("");
    if (!(error instanceof Said)) throw error;
    if (at === wanted) wrong(error.message);
  } finally {
    running = false;
    if (at !== wanted) refresh();
  }
}

async function look(item, at) {
  const { part, reduce, key } = seen();
  const words = wishOf(item);
  const painted = item.wish.painted;
  const wish = JSON.stringify([words, item.wish.painted]);
  const before = item.before?.key === key ? null : pane(item, part, reduce, [["strength", 0]]);
  if (lacking(item)) return lookUnpainted(item, before, key);
  if (item.after?.key !== key + wish || !item.after.exact) {
    const quick = await pane(item, part, reduce, words, false, looker);
    if (quick) take(item, { ...quick, key: key + wish }, words, painted);
  }
  if (before) {
    item.before = { ...(await before), key };
    draw();
  }
  if (at !== wanted || item !== current) return;
  busy(item.after?.exact ? "" : texts.coarse);
  if (hand.marks && paintable(item) && item.marks?.key !== key + wish) {
    const count = item.wish.strokes.length;
    pane(item, part, reduce, [...words, ["marks", 1]], true, `${looker}marks`)
      .then((found) => {
        if (!found || item.wish.painted !== painted) return;
        item.marks = { ...found, key: key + wish, count };
        draw();
        $("stage").dataset.marks = String(painted);
      })
      .catch((error) => { if (error instanceof Said && at === wanted) wrong(error.message); });
  }
  if (item.after?.exact) return;
  // Not awaited: a slider that moves on asks at once, and the server lets this one go.
  pane(item, part, reduce, words, true, looker)
    .then((sharp) => {
      if (!sharp || at !== wanted || item !== current) return;
      take(item, { ...sharp, key: key + wish }, words, painted);
      const reduced = mostPaintings(item) ? texts.strokesReduced : texts.reducedOnly;
      busy(sharp.exact ? "" : reduced);
    })
    .catch((error) => {
      if (at !== wanted) return;
      busy("");
      if (error instanceof Said) wrong(error.message);
    });
}

// Where a painting is wanted first, the picture is seen as it is.
async function lookUnpainted(item, before, key) {
  item.after = null;
  if (before) item.before = { ...(await before), key };
  if (item !== current) return;
  draw();
  busy(lacking(item));
  $("stage").dataset.shown = "";
  $("stage").dataset.exact = "false";
}

function take(item, after, words, painted) {
  item.after = after;
  if (item !== current) return;
  draw();
  // What is shown, for whoever measures how long it took.
  $("stage").dataset.shown = words.map((pair) => pair.join("=")).join("&");
  $("stage").dataset.painted = String(painted);
  $("stage").dataset.exact = String(after.exact);
}

// ---------------------------------------------------------------- drawing

function draw() {
  const canvas = $("canvas");
  const ratio = devicePixelRatio;
  const { width, height, halves } = box();
  canvas.width = Math.round(width * halves * ratio);
  canvas.height = Math.round(height * ratio);
  if (!current?.overview) return;
  const context = canvas.getContext("2d", { willReadFrequently: view.mode === "taken" });
  const wide = width * ratio;
  const tall = canvas.height;
  if (view.before || view.mode === "divider") {
    const split = view.before ? wide : wide * view.divider;
    part(context, 0, split, tall, () => paint(context, current.before));
    part(context, split, wide, tall, () => paint(context, current.after ?? current.before));
  } else if (view.mode === "side") {
    part(context, 0, wide, tall, () => paint(context, current.before));
    context.translate(wide, 0);
    part(context, 0, wide, tall, () => paint(context, current.after ?? current.before));
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#888";
    context.fillRect(Math.round(wide), 0, 1, tall);
  } else {
    takenAway(context, wide, tall);
  }
  canvas.dataset.drawn = current.file.name;
  furnish();
}

function part(context, from, to, tall, work) {
  context.save();
  context.beginPath();
  context.rect(from, 0, Math.max(0, to - from), tall);
  context.clip();
  work();
  context.restore();
}

// Draws the whole picture coarsely, and what is there of a part of it sharply.
function paint(context, shown) {
  const ratio = devicePixelRatio;
  const s = scale() * ratio;
  const [x, y] = corner().map((each) => each * ratio);
  context.imageSmoothingQuality = "high";
  context.imageSmoothingEnabled = view.zoom === "fit" || s < 2;
  const layers = [current.overview, shown];
  const marks = hand.marks && view.mode !== "taken" && paintable(current);
  if (marks) layers.push(current.marks);
  for (const each of layers) {
    if (!each?.image) continue;
    const { left, top, width, height } = each.part;
    context.drawImage(each.image, x + left * s, y + top * s, width * s, height * s);
  }
  if (!marks) return;
  // What was painted since the mask came, and what is being painted now.
  const fresh = current.wish.strokes.slice(current.marks?.count ?? 0);
  const now = painter.stroke();
  context.translate(x, y);
  context.scale(s, s);
  drawStrokes(context, now ? [...fresh, now] : fresh, isMasked(current));
  context.scale(1 / s, 1 / s);
  context.translate(-x, -y);
}

// Before less after, around a middle grey.
function takenAway(context, wide, tall) {
  if (!current.before || !current.after) return;
  const sides = [current.before, current.after].map((shown) => {
    const canvas = new OffscreenCanvas(Math.round(wide), tall);
    const own = canvas.getContext("2d", { willReadFrequently: true });
    paint(own, shown);
    return own.getImageData(0, 0, canvas.width, canvas.height);
  });
  const [one, other] = sides.map((side) => side.data);
  for (let i = 0; i < one.length; i += 4) {
    for (let c = i; c < i + 3; c += 1) one[c] = 128 + 4 * (one[c] - other[c]);
  }
  context.putImageData(sides[0], 0, 0);
}

function furnish() {
  const alone = view.before || view.mode === "taken";
  $("divider").hidden = view.before || view.mode !== "divider";
  $("divider").style.left = `${100 * view.divider}%`;
  $("divider").setAttribute("aria-valuenow", Math.round(100 * view.divider));
  $("tag-before").hidden = view.mode === "taken" && !view.before;
  $("tag-after").hidden = view.before || Boolean(lacking(current));
  $("tag-after").textContent = view.mode === "taken" ? texts.taken : texts.after;
  $("stage").dataset.mode = alone ? "one" : view.mode;
}

function busy(words) {
  $("busy").textContent = words;
  $("busy").hidden = !words;
}

// ---------------------------------------------------------------- moving about

function zoomTo(zoom) {
  view.zoom = zoom;
  const input = document.querySelector(`#zooms input[value="${zoom}"]`);
  if (input) input.checked = true;
  else for (const each of document.querySelectorAll("#zooms input")) each.checked = false;
  refresh();
}

function zoomBy(steps) {
  const now = scale() * devicePixelRatio;
  const next = Math.min(4, Math.max(0.05, now * 2 ** (steps / 2)));
  zoomTo(Math.abs(next - Math.round(next)) < 0.02 ? Math.round(next) : next);
}

function moveBy(dx, dy) {
  const s = scale();
  const { width, height } = box();
  const along = (centre, size, room, by) => {
    const half = Math.min(0.5, room / 2 / (size * s));
    return Math.min(1 - half, Math.max(half, centre - by / (size * s)));
  };
  view.x = along(view.x, current.width, width, dx);
  view.y = along(view.y, current.height, height, dy);
  refresh();
}

function setDivider(share) {
  view.divider = Math.min(1, Math.max(0, share));
  draw();
}

function onStage() {
  const stage = $("stage");
  const pointers = new Map();
  const apart = () => {
    const [one, other] = [...pointers.values()];
    return Math.hypot(one[0] - other[0], one[1] - other[1]);
  };
  stage.addEventListener("pointerdown", (event) => {
    if ($("divider").contains(event.target) || !current || painting()) return;
    stage.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
    stage.classList.add("moving");
  });
  stage.addEventListener("pointermove", (event) => {
    const last = pointers.get(event.pointerId);
    if (!last) return;
    const distance = pointers.size === 2 ? apart() : 0;
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
    if (pointers.size === 2) zoomBy(2 * Math.log2(apart() / Math.max(1, distance)));
    else moveBy(event.clientX - last[0], event.clientY - last[1]);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    stage.addEventListener(end, (event) => {
      pointers.delete(event.pointerId);
      stage.classList.remove("moving");
    });
  }
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (current) zoomBy(-event.deltaY / 240);
  }, { passive: false });
  stage.addEventListener("keydown", (event) => {
    if (event.target !== stage || !current || event.ctrlKey || event.metaKey) return;
    const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    const tools = { v: "move", m: "mark", x: "spare" };
    if (painting() && moves[event.key]) painter.move(...moves[event.key].map((each) => -each / 60));
    else if (painting() && event.key === " ") painter.dab();
    else if (painting() && (event.key === "[" || event.key === "]")) {
      setRadius(hand.radius * (event.key === "]" ? 1.25 : 0.8));
    } else if (paintable(current) && tools[event.key]) takeUp(tools[event.key]);
    else if (moves[event.key]) moveBy(...moves[event.key]);
    else if (event.key === "+" || event.key === "=") zoomBy(1);
    else if (event.key === "-") zoomBy(-1);
    else if (event.key === "0") zoomTo("fit");
    else if (["1", "2", "4"].includes(event.key)) zoomTo(Number(event.key));
    else if (event.key === "b") { view.before = !view.before; draw(); }
    else return;
    event.preventDefault();
  });
  const divider = $("divider");
  divider.addEventListener("pointerdown", (event) => divider.setPointerCapture(event.pointerId));
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const { left, width } = stage.getBoundingClientRect();
    setDivider((event.clientX - left) / width);
  });
  divider.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -0.02, ArrowRight: 0.02, ArrowDown: -0.02, ArrowUp: 0.02 };
    const ends = { Home: 0, End: 1 };
    if (event.key in steps) setDivider(view.divider + steps[event.key]);
    else if (event.key in ends) setDivider(ends[event.key]);
    else return;
    event.preventDefault();
  });
  new ResizeObserver(() => current && refresh()).observe(stage);
}

// ---------------------------------------------------------------- painting where

// Whether a brush is in hand.
const painting = () => Boolean(current && paintable(current) && hand.tool !== "move");

const painter = brush($("stage"), $("brush"), {
  on: painting,
  marks: () => hand.tool === "mark",
  radius: () => hand.radius,
  scale,
  at(x, y) {
    const { left, top } = $("stage").getBoundingClientRect();
    const [fromLeft, fromTop] = corner();
    const s = scale();
    return [(((x - left) % box().width) - fromLeft) / s, (y - top - fromTop) / s];
  },
  to(x, y) {
    const { left, top } = $("stage").getBoundingClientRect();
    const [fromLeft, fromTop] = corner();
    return [left + fromLeft + x * scale(), top + fromTop + y * scale()];
  },
  middle() {
    const { part } = seen();
    return [part.left + part.width / 2, part.top + part.height / 2];
  },
  draw,
  done: (stroke) => repaint([...current.wish.strokes, stroke]),
});

let states = 0;
function repaint(strokes) {
  states += 1;
  change(current, { strokes, painted: states });
  renderMask();
}

function takeUp(tool) {
  hand.tool = tool;
  if (tool !== "move") showMarks(true);
  painter.hide();
  renderMask();
}

function showMarks(shown) {
  hand.marks = shown;
  $("marks").checked = shown;
  refresh();
}

let radiusSlider = null;
function setRadius(radius) {
  hand.radius = Math.min(100, Math.max(1, radius));
  radiusSlider.set(hand.radius);
}

function onMask() {
  radios("tools", Object.keys(texts.masked.tools), () => "", "move", takeUp);
  const dial = { id: "brush-size", name: texts.radius, unit: texts.radiusUnit, low: 1, high: 100 };
  radiusSlider = slider(dial, hand.radius, (value) => { hand.radius = value; });
  $("radius").append(radiusSlider.row);
  $("marks").addEventListener("change", () => showMarks($("marks").checked));
  $("mask-reset").addEventListener("click", () => repaint([]));
  $("mask-save").addEventListener("click", saveMask);
}

async function saveMask() {
  try {
    const response = await about(current, "POST", "mask", wishOf(current), { body: paintedOf(current) });
    const name = nameOf(response);
    download(await response.blob(), name);
    say(texts.saved(name));
  } catch (error) {
    wrong(error.message);
  }
}

const nameOf = (response) =>
  decodeURIComponent(response.headers.get("Content-Disposition").split("''")[1]);

function renderMask() {
  const there = Boolean(current && paintable(current));
  $("mask").hidden = !there;
  $("stage").dataset.tool = there ? hand.tool : "move";
  if (!there) return;
  const words = isMasked(current) ? texts.masked : texts.everywhere;
  for (const part of ["title", "show", "reset", "save", "hint"]) $(`mask-${part}`).textContent = words[part];
  for (const [tool, name] of Object.entries(words.tools)) {
    const input = document.querySelector(`#tools input[value="${tool}"]`);
    input.checked = tool === hand.tool;
    input.nextElementSibling.textContent = name;
  }
  $("mask-reset").disabled = !current.wish.strokes.length;
  $("mask-save").disabled = !isMasked(current) && !current.wish.strokes.length;
}

// ---------------------------------------------------------------- paintings

// Those that it is painted after, with weights; none where its model does not paint.
const paintingsOf = (item) => (mostPaintings(item) ? item.wish.paintings : []);

// Why a picture cannot be painted yet, in a sentence; "" where nothing is wanted.
function lacking(item) {
  if (!item || !mostPaintings(item)) return "";
  if (!item.wish.paintings.length) return texts.noPainting;
  return item.wish.paintings.map(({ number }) => numbered(number).lost).find(Boolean) ?? "";
}

// What the last picture was painted after is taken for the next one, too.
let lastPaintings = [];

const easel = paintingRow({
  item: () => current,
  most: mostPaintings,
  chosen: (item) => item.wish.paintings,
  choose(item, paintings) {
    lastPaintings = paintings;
    if (item === current) closeStrip();
    change(item, { paintings });
  },
  async bring(painting) {
    await send(painting);
    await overview(painting);
  },
  files: filesOf,
  slider,
  say,
});

// The server has let a painting go, and it cannot be sent again.
function lose(painting, why) {
  painting.lost = why;
  easel.render();
  renderGoing();
  if (current) refresh();
}

// ---------------------------------------------------------------- a strip over a dial

const CELLS = 6;
let strips = 0;

// Shows the middle of what is seen at several settings of a dial; a click takes one.
async function showStrip(dial, wishAt) {
  strips += 1;
  const mine = strips;
  const item = current;
  const { part, reduce } = seen();
  const side = (px, whole) => Math.min(whole, Math.max(reduce, Math.round(px / scale() / reduce) * reduce));
  const cell = { width: side(150, part.width), height: side(120, part.height) };
  cell.left = part.left + Math.floor((part.width - cell.width) / 2 / reduce) * reduce;
  cell.top = part.top + Math.floor((part.height - cell.height) / 2 / reduce) * reduce;
  const values = Array.from({ length: CELLS }, (_, i) => settingAt(dial, i / (CELLS - 1)));
  const cells = values.map((value) => cellOf(item, dial, value, wishAt));
  $("strip-cells").replaceChildren(...cells.map((each) => each.button));
  $("strip").setAttribute("aria-label", texts.stripOf(dial.name));
  $("strip").hidden = false;
  $("stage").dataset.strip = "";
  cells[0].button.focus();
  try {
    for (const [i, value] of values.entries()) {
      const made = await pane(item, cell, reduce, wishOf({ ...item, wish: wishAt(value) }), true);
      if (mine !== strips || item !== current) return;
      const canvas = cells[i].canvas;
      canvas.width = made.image.width;
      canvas.height = made.image.height;
      canvas.getContext("2d").drawImage(made.image, 0, 0);
    }
    $("stage").dataset.strip = dial.name;
  } catch (error) {
    if (!(error instanceof Said)) throw error;
    closeStrip();
    wrong(error.message);
  }
}

// So far along a dial, in whole numbers where it has many.
function settingAt(dial, share) {
  const value = dial.low + share * (dial.high - dial.low);
  const rounded = dial.high - dial.low > 20 ? Math.round(value) : Math.round(100 * value) / 100;
  return Math.min(dial.high, Math.max(dial.low, rounded));
}

function cellOf(item, dial, value, wishAt) {
  const button = document.createElement("button");
  button.type = "button";
  const canvas = document.createElement("canvas");
  const name = document.createElement("span");
  name.textContent = texts.setting(value);
  button.setAttribute("aria-label", texts.settingOf(dial.name, value));
  button.append(canvas, name);
  button.addEventListener("click", () => {
    change(item, wishAt(value));
    renderPanel();
    for (const each of $("strip-cells").children) each.setAttribute("aria-pressed", String(each === button));
  });
  return { button, canvas };
}

function closeStrip() {
  strips += 1;
  $("strip").hidden = true;
}

function onStrip() {
  $("strip-close").addEventListener("click", closeStrip);
  $("strip").addEventListener("pointerdown", (event) => event.stopPropagation());
  $("strip").addEventListener("wheel", (event) => event.stopPropagation());
  $("strip").addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    closeStrip();
    $("stage").focus();
  });
}

// ---------------------------------------------------------------- undo

const TOGETHER = 800;
// Keeps what is wished for now, before it changes; a slider's way counts as one change.
function remember(item, kind) {
  const now = performance.now();
  const goesOn = kind === item.lastKind && kind !== "strokes,painted" && now - item.lastAt < TOGETHER;
  if (!goesOn) item.past.push(item.wish);
  item.lastKind = kind;
  item.lastAt = now;
  item.future = [];
}

function travel(from, to) {
  const item = current;
  if (!item?.[from].length) return;
  item[to].push(item.wish);
  item.wish = item[from].pop();
  item.lastKind = null;
  changed(item);
  renderPanel();
}

const undo = () => travel("past", "future");
const redo = () => travel("future", "past");

function onUndo() {
  $("undo").addEventListener("click", undo);
  $("redo").addEventListener("click", redo);
  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.target.type === "number") return;
    const key = event.key.toLowerCase();
    if (key === "z") (event.shiftKey ? redo : undo)();
    else if (key === "y") redo();
    else return;
    event.preventDefault();
  });
}

// ---------------------------------------------------------------- the panel

function show(item) {
  current = item;
  closeStrip();
  easel.wrong("");
  if (item?.height) hand.radius = Math.min(100, Math.max(2, Math.round(Math.min(item.width, item.height) / 100)));
  radiusSlider.set(hand.radius);
  view.x = 0.5;
  view.y = 0.5;
  busy("");
  document.body.classList.toggle("empty", !item);
  renderPanel();
  renderQueue();
  if (item) refresh();
}

function change(item, wish) {
  remember(item, Object.keys(wish).join());
  item.wish = { ...item.wish, ...wish };
  changed(item);
}

function changed(item) {
  $("undo").disabled = !item.past.length;
  $("redo").disabled = !item.future.length;
  if (item.state === "done") item.state = "ready";
  item.note = null;
  renderCommand();
  renderQueue();
  renderGoing();
  if (item === current) refresh();
}

function renderPanel() {
  const item = current;
  const title = $("title");
  title.replaceChildren();
  if (!item) return;
  const name = document.createElement("b");
  name.textContent = item.file.name;
  title.append(name, item.facts ? texts.facts(item.facts) : "");
  const look = item.seen?.look;
  const waiting = item.state === "arriving" ? texts.arriving : texts.looking;
  $("sees").textContent = item.error ?? (look ? (look.error?.message ?? texts.sentence(look)) : waiting);
  $("would").textContent = look?.models ? texts.would(look) : "";
  $("model").value = item.wish.model;
  const model = modelOf(item);
  $("undo").disabled = !item.past.length;
  $("redo").disabled = !item.future.length;
  $("task").textContent = texts.tasks[model.name] ?? model.task;
  $("size").value = item.wish.size;
  $("format").value = item.wish.format;
  for (const id of ["model", "size", "format", "save"]) $(id).disabled = item.state === "failed";
  renderFirst(item);
  easel.render();
  renderDials(item, model);
  renderMask();
  renderCommand();
  renderGoing();
}

function renderFirst(item) {
  const models = item.seen?.look?.models ?? [];
  $("first-offer").hidden = !bringsOut(item) || !(models.length || item.wish.first);
  $("first").checked = item.wish.first;
  $("first-words").textContent = texts.first(models.length ? models : ["auto"]);
}

function renderDials(item, model) {
  const dials = model.dials.map((dial) => dialOf(item, model, dial));
  const unit = { name: texts.strength, unit: texts.strengthUnit, low: 0, high: 100, default: 100 };
  const strength = slider(unit, 100 * item.wish.strength, (value) =>
    change(item, { strength: Math.round(value) / 100 }));
  $("dials").replaceChildren(...dials, strength.row);
}

// A dial of a model: a slider, the number, and where the picture can decide it, a way back to that.
function dialOf(item, model, dial) {
  const found = item.seen?.look?.[dial.name];
  const open = dial.auto && found !== undefined ? found : dial.default;
  const told = item.wish.dials[dial.name];
  const made = slider(dial, told ?? open, (value) => {
    const before = Object.keys(item.wish.dials).length;
    change(item, { dials: { ...item.wish.dials, [dial.name]: value } });
    if (auto) auto.setAttribute("aria-pressed", "false");
    if (model.name === "auto" && !before) markUnused(item, model);
  });
  // Until the picture was looked at, nobody knows.
  const isOpen = dial.auto && told === undefined && !item.seen;
  if (isOpen) Object.assign(made.head.querySelector("input"), { value: "", placeholder: "…" });
  let auto = null;
  if (dial.auto) {
    auto = document.createElement("button");
    auto.type = "button";
    auto.textContent = texts.auto;
    auto.setAttribute("aria-label", texts.autoFor(dial.name));
    auto.setAttribute("aria-pressed", String(told === undefined));
    auto.addEventListener("click", () => {
      const { [dial.name]: _, ...others } = item.wish.dials;
      change(item, { dials: others });
      made.set(open);
      auto.setAttribute("aria-pressed", "true");
      markUnused(item, model);
    });
    made.head.append(auto);
  }
  const wishAt = (value) => ({ ...item.wish, dials: { ...item.wish.dials, [dial.name]: value } });
  made.label.after(stripButton(dial, wishAt));
  made.row.dataset.dial = dial.name;
  made.row.classList.toggle("unused", isUnused(item, model, dial.name));
  return made.row;
}

function stripButton(dial, wishAt) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "strip";
  button.textContent = texts.strip;
  button.setAttribute("aria-label", texts.stripOf(dial.name));
  button.addEventListener("click", () => showStrip(dial, wishAt));
  return button;
}

// Of auto's dials, one that is set chooses the model that has it.
const isUnused = (item, model, name) =>
  model.name === "auto" && Object.keys(item.wish.dials).length > 0 && !(name in item.wish.dials);

function markUnused(item, model) {
  for (const row of document.querySelectorAll("#dials [data-dial]")) {
    const unused = isUnused(item, model, row.dataset.dial);
    row.classList.toggle("unused", unused);
    row.title = unused ? texts.unused : "";
  }
}

function slider(dial, value, turned) {
  const row = document.createElement("div");
  row.className = "dial";
  const head = document.createElement("div");
  head.className = "row";
  const id = dial.id ?? `dial-${dial.name}`;
  const step = dial.high - dial.low > 20 ? 1 : (dial.high - dial.low) / 100;
  const label = document.createElement("label");
  label.htmlFor = id;
  label.textContent = dial.name;
  const inputs = ["range", "number"].map((type) => {
    const input = document.createElement("input");
    Object.assign(input, { type, min: dial.low, max: dial.high, step: type === "range" ? step : "any" });
    return input;
  });
  const [range, number] = inputs;
  range.id = id;
  range.setAttribute("aria-describedby", `${id}-unit`);
  number.setAttribute("aria-label", `${dial.name}, ${dial.unit}`);
  const hint = document.createElement("p");
  hint.className = "hint";
  hint.id = `${id}-unit`;
  hint.textContent = dial.unit;
  const set = (to) => {
    range.value = to;
    number.value = Math.round(to * 10) / 10;
    const filled = (100 * (to - dial.low)) / (dial.high - dial.low);
    range.style.setProperty("--filled", `${filled}%`);
  };
  for (const input of inputs) {
    input.addEventListener("input", () => {
      const to = input.valueAsNumber;
      if (!(to >= dial.low && to <= dial.high)) return;
      if (input === range) set(to);
      else {
        range.value = to;
        range.style.setProperty("--filled", `${(100 * (to - dial.low)) / (dial.high - dial.low)}%`);
      }
      turned(to);
    });
  }
  number.addEventListener("change", () => set(Number(range.value)));
  set(value);
  head.append(label, number);
  row.append(head, range, hint);
  return { row, head, label, set };
}

// The command that does the same, in the words of a shell.
function commandOf(item) {
  const quote = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
  const name = item.file.name.startsWith("-") ? `./${item.file.name}` : item.file.name;
  const words = ["burnish", "restore", quote(name)];
  if (item.wish.model !== "auto") words.push("-m", chainOf(item));
  for (const [dial, value] of Object.entries(item.wish.dials)) words.push("-d", `${dial}=${value}`);
  if (item.wish.strength !== 1) words.push("--strength", item.wish.strength);
  if (item.wish.size) words.push("--to", item.wish.size);
  if (item.wish.format) words.push("-f", item.wish.format);
  words.push(...styleWords(item, quote));
  if (paintedOf(item)) {
    const where = `${name.replace(/\.[^.]*$/, "")}_where.png`;
    words.push(isMasked(item) ? "--mask-in" : "--strength-map", quote(where));
  }
  return words.join(" ");
}

function styleWords(item, quote) {
  if (!mostPaintings(item)) return [];
  const paintings = item.wish.paintings;
  if (!paintings.length) return ["--style", texts.somePainting];
  const weighed = (weight) => (paintings.length > 1 ? `:${weight / 100}` : "");
  return paintings.flatMap(({ number, weight }) =>
    ["--style", quote(numbered(number).file.name + weighed(weight))]);
}

function renderCommand() {
  if (!current) return;
  $("command").textContent = commandOf(current);
  $("mask-first").hidden = !paintedOf(current);
}

// ---------------------------------------------------------------- saving

async function restore(item) {
  if (lacking(item)) {
    item.state = "ready";
    item.note = lacking(item);
    renderQueue();
    return false;
  }
  item.state = "working";
  item.stop = new AbortController();
  item.begunAt = performance.now();
  renderQueue();
  renderGoing();
  const watching = setInterval(() => watch(item), 400);
  try {
    const words = wishOf(item);
    if (item.wish.size) words.push(["to", item.wish.size]);
    if (item.wish.format) words.push(["format", item.wish.format]);
    const response = await about(item, "POST", "restore", words, {
      signal: item.stop.signal, body: paintedOf(item),
    });
    item.result = { blob: await response.blob(), name: nameOf(response) };
    item.report = await statusOf(item).then((one) => one.report).catch(() => null);
    item.state = "done";
    item.note = null;
    return true;
  } catch (error) {
    item.state = "ready";
    if (error.name === "AbortError") say(texts.stopped);
    else if (error instanceof Said) { item.note = error.message; wrong(error.message); }
    else throw error;
    return false;
  } finally {
    clearInterval(watching);
    item.stop = null;
    item.halfway = null;
    renderQueue();
    renderGoing();
  }
}

// How far the server is with a picture, and what became of it.
const statusOf = async (item) => (await ask("GET", `pictures/${item.id}`)).json();

async function watch(item) {
  const now = await statusOf(item).catch(() => null);
  if (now && item.state === "working") item.halfway = now.halfway;
  renderGoing();
}

async function save() {
  const item = current;
  if (!item?.id || item.stop || lacking(item)) return;
  if (item.state !== "done" && !(await restore(item))) return;
  download(item.result.blob, item.result.name);
  say(texts.saved(item.result.name));
}

async function saveAll() {
  stopAll = false;
  const todo = items.filter((item) => item.state === "ready");
  for (const item of todo) item.state = "waiting";
  renderQueue();
  let done = 0;
  run = { total: todo.length, done: 0, begunAt: performance.now() };
  for (const item of todo) {
    if (stopAll) { if (item.state === "waiting") item.state = "ready"; continue; }
    if (item.state === "waiting" && (await restore(item))) done += 1;
    run.done += 1;
  }
  run = null;
  renderQueue();
  renderGoing();
  if (!stopAll) say(texts.allDone(done, todo.length - done));
}

// What became of each picture, as burnish-report.json of a run on the command line says it.
function report() {
  const files = items.map((item) => {
    const status = item.error || item.note ? "failed" : "not done yet";
    const failed = { source: item.file.name, status, message: item.error ?? item.note };
    return (item.state === "done" && item.report) || failed;
  });
  const counts = {};
  for (const { status } of files) counts[status] = (counts[status] ?? 0) + 1;
  const text = JSON.stringify({ counts, files }, null, 1);
  download(new Blob([text], { type: "application/json" }), "burnish-report.json");
  say(texts.saved("burnish-report.json"));
}

async function zip() {
  const done = items.filter((item) => item.state === "done");
  try {
    const response = await ask("POST", "zip", done.map((item) => ["picture", item.id]));
    download(await response.blob(), "restored.zip");
    say(texts.saved("restored.zip"));
  } catch (error) {
    wrong(error.message);
  }
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// What there is to say of the result: what was left as it came, or could not be kept.
function renderNotes() {
  const notes = current?.state === "done" ? (current.report?.notes ?? []) : [];
  $("notes").hidden = !notes.length;
  $("notes").replaceChildren(...notes.map((note) => {
    const line = document.createElement("li");
    line.textContent = texts.note(note);
    return line;
  }));
}

function renderGoing() {
  const item = items.find((each) => each.stop) ?? null;
  $("going").hidden = !item;
  $("save").disabled = Boolean(item) || !current?.id || Boolean(lacking(current));
  $("why").textContent = lacking(current);
  $("why").hidden = !lacking(current);
  for (const each of document.querySelectorAll("#dials .strip")) each.disabled = Boolean(lacking(current));
  renderNotes();
  if (!item) return;
  const [tiles, of] = item.halfway ?? [0, 0];
  const { total, done, begunAt } = run ?? { total: 1, done: 0, begunAt: item.begunAt };
  const share = (done + (of ? tiles / of : 0)) / total;
  const bar = $("progress");
  const seconds = (performance.now() - begunAt) / 1000;
  if (share) bar.value = share;
  else bar.removeAttribute("value");
  const left = share ? texts.left((seconds * (1 - share)) / share) : "";
  const which = run ? texts.which(done + 1, total) : "";
  $("left").textContent = [which, left].filter(Boolean).join(", ");
}

// ---------------------------------------------------------------- the list of pictures

function renderQueue() {
  document.body.classList.toggle("single", items.length < 2);
  const rows = items.map((item) => {
    item.row ??= rowOf(item);
    const { row, pick, name, state } = item.row;
    name.textContent = item.file.name;
    state.textContent = item.note && item.state === "ready" ? texts.notDone : texts.state[item.state];
    pick.title = item.error ?? item.note ?? item.file.name;
    pick.setAttribute("aria-current", String(item === current));
    row.className = item.state;
    return row;
  });
  const list = $("items");
  const same = list.children.length === rows.length && rows.every((row, i) => list.children[i] === row);
  if (!same) list.replaceChildren(...rows);
  const working = items.some((item) => item.stop || item.state === "waiting");
  $("save-all").disabled = working || !items.some((item) => item.state === "ready");
  $("report").disabled = working || !items.some((item) => item.state === "done" || item.error || item.note);
  $("zip").disabled = working || !items.some((item) => item.state === "done");
  $("same").disabled = !current || working;
}

function rowOf(item) {
  const row = document.createElement("li");
  const pick = document.createElement("button");
  pick.type = "button";
  pick.className = "pick";
  const name = document.createElement("span");
  const state = document.createElement("small");
  pick.append(item.thumb, name, state);
  pick.addEventListener("click", () => show(item));
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "remove";
  remove.textContent = "×";
  remove.setAttribute("aria-label", texts.remove(item.file.name));
  remove.addEventListener("click", () => takeOff(item));
  row.append(pick, remove);
  return { row, pick, name, state };
}

function takeOff(item) {
  item.stop?.abort();
  const at = items.indexOf(item);
  items.splice(at, 1);
  item.state = "gone";
  if (item.id) ask("DELETE", `pictures/${item.id}`).catch(() => {});
  if (item === current) show(items[Math.min(at, items.length - 1)] ?? null);
  renderQueue();
}

function sameForAll() {
  for (const item of items) {
    if (item === current) continue;
    remember(item, "same");
    item.wish = { ...structuredClone(current.wish), strokes: [], painted: 0 };
    if (item.state === "done") item.state = "ready";
    item.after = null;
  }
  renderQueue();
}

// ---------------------------------------------------------------- words

function say(words) {
  $("said").textContent = words;
}

let fading = 0;
function wrong(words) {
  $("wrong").textContent = words;
  $("wrong").hidden = false;
  clearTimeout(fading);
  fading = setTimeout(() => { $("wrong").hidden = true; }, 12_000);
}

// ---------------------------------------------------------------- the beginning

function fill() {
  for (const each of document.querySelectorAll("[data-text]")) each.textContent = texts[each.dataset.text];
  for (const each of document.querySelectorAll("[data-label]")) {
    each.setAttribute("aria-label", texts[each.dataset.label]);
  }
  radios("modes", Object.keys(texts.modes), (mode) => texts.modes[mode], "divider", (mode) => {
    view.mode = mode;
    refresh();
  });
  const zoomName = (zoom) => (zoom === "fit" ? texts.fit : texts.percent(zoom));
  radios("zooms", ZOOMS, zoomName, "fit", (zoom) => zoomTo(zoom === "fit" ? zoom : Number(zoom)));
  for (const size of SIZES) $("size").append(new Option(texts.sized(size), size));
  for (const format of FORMATS) $("format").append(new Option(format || texts.asItWas, format));
}

function radios(id, values, nameOf, chosen, choose) {
  for (const value of values) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type: "radio", name: id, value, checked: value === chosen });
    input.addEventListener("change", () => choose(value));
    const name = document.createElement("span");
    name.textContent = nameOf(value);
    label.append(input, name);
    $(id).append(label);
  }
}

function offer() {
  for (const kind of ["model", "filter"]) {
    const some = models.filter((model) => model.kind === kind);
    if (!some.length) continue;
    const group = document.createElement("optgroup");
    group.label = kind === "model" ? texts.models : texts.filters;
    group.append(...some.map((model) => new Option(model.name, model.name)));
    $("model").append(group);
  }
}

function onWholePage() {
  const open = (input) => $(input).click();
  $("choose").addEventListener("click", () => open("files"));
  $("add").addEventListener("click", () => open("files"));
  $("choose-folder").addEventListener("click", () => open("folder"));
  for (const id of ["files", "folder"]) {
    $(id).addEventListener("change", () => { add($(id).files); $(id).value = ""; });
  }
  addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("over"); });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("over");
  });
  addEventListener("drop", async (event) => {
    event.preventDefault();
    document.body.classList.remove("over");
    add(await filesOf(event.dataTransfer));
  });
  addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) add(event.clipboardData.files);
  });
  addEventListener("pagehide", () => {
    for (const item of [...items, ...allPaintings()]) {
      if (item.id) ask("DELETE", `pictures/${item.id}`, [], { keepalive: true }).catch(() => {});
    }
  });
}

function onPanel() {
  $("model").addEventListener("change", () => {
    closeStrip();
    easel.wrong("");
    const seen = current;
    if (hand.tool !== "move") takeUp("move");
    states += 1;
    const paintings = seen.wish.paintings.length ? seen.wish.paintings : lastPaintings;
    change(seen, { model: $("model").value, dials: {}, strokes: [], painted: states, paintings });
    $("mask").open = isMasked(seen);
    renderPanel();
  });
  $("first").addEventListener("change", () => {
    closeStrip();
    change(current, { first: $("first").checked });
  });
  $("size").addEventListener("change", () => change(current, { size: $("size").value }));
  $("format").addEventListener("change", () => change(current, { format: $("format").value }));
  $("save").addEventListener("click", save);
  $("save-all").addEventListener("click", saveAll);
  $("zip").addEventListener("click", zip);
  $("report").addEventListener("click", report);
  $("same").addEventListener("click", sameForAll);
  $("cancel").addEventListener("click", () => {
    stopAll = true;
    for (const item of items) item.stop?.abort();
  });
  $("copy").addEventListener("click", async () => {
    await navigator.clipboard.writeText($("command").textContent);
    say(texts.copied);
  });
  $("theme").addEventListener("click", () => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
    const next = now === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    localStorage.setItem("theme", next);
  });
  $("wrong").addEventListener("click", () => { $("wrong").hidden = true; });
}

async function begin() {
  const theme = localStorage.getItem("theme");
  if (theme) document.documentElement.dataset.theme = theme;
  fill();
  onWholePage();
  onPanel();
  onMask();
  onStrip();
  easel.listen();
  onUndo();
  onStage();
  if (!token) {
    wrong(texts.locked);
    return;
  }
  try {
    models = await (await ask("GET", "models")).json();
    offer();
    document.body.dataset.ready = "yes";
  } catch (error) {
    wrong(error.message);
  }
}

begin();
