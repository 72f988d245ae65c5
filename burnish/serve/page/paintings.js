// Paintings: what a picture is painted after, as a row below the models. The page has each once,
// however many pictures are painted after it: a wish has its number, and its weight in percent.

import { texts } from "./texts.js";

const $ = (id) => document.getElementById(id);
const known = new Map();

export const numbered = (number) => known.get(number);
export const allPaintings = () => [...known.values()];

// Makes the row. `host` says:
//   item() which picture is shown, most(item) how many paintings it may have, 0 where it is not
//   painted; chosen(item) what it is painted after, choose(item, list) takes that;
//   bring(painting) sends one, and draws it small; files(transfer) those of a drop;
//   slider(dial, value, turned) as dials have it, and say(words) to whoever listens.
export function paintingRow(host) {
  let reading = false;
  let turn = Promise.resolve();

  // Adds files to what the picture that is shown is painted after, behind those that come already.
  function add(files) {
    const item = host.item();
    if (item && files.length) turn = turn.then(() => addAll(item, files));
  }

  async function addAll(item, files) {
    wrong("");
    reading = true;
    render();
    const told = [];
    for (const file of files) told.push(await addOne(item, file));
    reading = false;
    render();
    wrong([...new Set(told)].filter(Boolean).join(" "));
  }

  // Adds a painting to those of a picture; why not, in a sentence, where that cannot be.
  async function addOne(item, file) {
    const lost = host.chosen(item).map(({ number }) => numbered(number)).find((one) =>
      one.lost && one.file.name === file.name);
    if (!lost && host.chosen(item).length >= host.most(item)) return texts.enough(host.most(item));
    const painting = { number: known.size + 1, file, thumb: document.createElement("canvas"), lost: "" };
    try {
      await host.bring(painting);
    } catch (error) {
      return error.message;
    }
    // One that is added again takes its place back, with its weight.
    if (lost) Object.assign(lost, painting, { number: lost.number });
    else known.set(painting.number, painting);
    const chosen = host.chosen(item);
    host.choose(item, lost ? [...chosen] : [...chosen, { number: painting.number, weight: 100 }]);
    host.say(texts.paintingAdded(file.name));
    return "";
  }

  // Whether there is room for no more, nor for one that is to be added again.
  function isFull(item) {
    const chosen = host.chosen(item);
    return chosen.length >= host.most(item) && !chosen.some(({ number }) => numbered(number).lost);
  }

  function takeOff(at) {
    const item = host.item();
    host.choose(item, host.chosen(item).filter((_, i) => i !== at));
    wrong("");
    render();
    const buttons = $("painted-after").querySelectorAll(".remove");
    (buttons[Math.min(at, buttons.length - 1)] ?? $("add-painting")).focus();
  }

  function rowOf({ number, weight }, at, several) {
    const painting = numbered(number);
    const { name } = painting.file;
    const row = document.createElement("li");
    const title = document.createElement("span");
    title.textContent = title.title = name;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "remove";
    remove.textContent = "×";
    remove.setAttribute("aria-label", texts.removePainting(name));
    remove.addEventListener("click", () => takeOff(at));
    painting.thumb.setAttribute("aria-hidden", "true");
    row.append(painting.thumb, title, remove);
    if (painting.lost) row.append(lostOf(painting));
    else if (several) row.append(weightOf(number, name, weight));
    return row;
  }

  function lostOf(painting) {
    const why = document.createElement("p");
    why.className = "lost";
    why.textContent = painting.lost;
    return why;
  }

  function weightOf(number, name, weight) {
    const id = `weight-${number}`;
    const dial = { id, name: texts.weightOf(name), unit: texts.weightUnit, low: 1, high: 100 };
    const made = host.slider(dial, weight, (value) => {
      const item = host.item();
      const to = (one) => (one.number === number ? { ...one, weight: Math.round(value) } : one);
      host.choose(item, host.chosen(item).map(to));
    });
    // The number stands behind the slider here, so Tab comes to it there.
    made.row.append(made.head);
    return made.row;
  }

  function render() {
    const item = host.item();
    const most = item ? host.most(item) : 0;
    $("paintings").hidden = !most;
    if (!most) return;
    const chosen = host.chosen(item);
    $("painted-after").replaceChildren(...chosen.map((one, at) => rowOf(one, at, chosen.length > 1)));
    $("add-painting").setAttribute("aria-disabled", String(isFull(item)));
    $("add-painting").textContent = chosen.length ? texts.addAnother : texts.addPainting;
    $("add-painting").classList.toggle("first", !chosen.length);
    $("paintings").setAttribute("aria-busy", String(reading));
    $("paintings-hint").textContent = reading ? texts.arriving : texts.paintingHint(chosen.length, most);
  }

  function wrong(words) {
    $("paintings-wrong").textContent = words;
    $("paintings-wrong").hidden = !words;
  }

  function listen() {
    const place = $("paintings");
    const over = (is) => place.classList.toggle("takes", is);
    $("add-painting").addEventListener("click", () => {
      if (isFull(host.item())) wrong(texts.enough(host.most(host.item())));
      else $("painting-files").click();
    });
    $("painting-files").addEventListener("change", () => {
      add([...$("painting-files").files]);
      $("painting-files").value = "";
    });
    // What is dropped or pasted here is a painting, and elsewhere a picture to restore.
    place.addEventListener("dragover", (event) => {
      event.preventDefault();
      event.stopPropagation();
      document.body.classList.remove("over");
      over(true);
    });
    place.addEventListener("dragleave", (event) => {
      if (!place.contains(event.relatedTarget)) over(false);
    });
    place.addEventListener("drop", async (event) => {
      event.preventDefault();
      event.stopPropagation();
      over(false);
      add([...(await host.files(event.dataTransfer))]);
    });
    place.addEventListener("paste", (event) => {
      if (!event.clipboardData.files.length) return;
      event.stopPropagation();
      add([...event.clipboardData.files]);
    });
  }

  return { listen, render, wrong };
}
