// The brush: what a hand, or the keyboard, paints over the mask of a picture.

// Stops the brush from asking for more places than an eye can tell apart.
const CLOSEST = 0.25;

// Makes a stage paint. `host` says, of the picture that is shown now:
//   on() whether a brush is in hand, marks() whether it marks or spares, radius() in its pixels,
//   at(x, y) the place in it below a point of the screen, to(x, y) the other way, scale(),
//   draw() draws it again, done(stroke) takes what was painted.
export function brush(stage, cursor, host) {
  let stroke = null;
  let hand = null;

  const follow = (event) => {
    cursor.hidden = !host.on();
    if (cursor.hidden) return;
    hand = host.at(event.clientX, event.clientY);
    place();
  };

  function place() {
    const { left, top } = stage.getBoundingClientRect();
    const [x, y] = host.to(...hand);
    const size = Math.max(4, 2 * host.radius() * host.scale());
    Object.assign(cursor.style, {
      left: `${x - left}px`, top: `${y - top}px`, width: `${size}px`, height: `${size}px`,
    });
  }

  function passes(point) {
    const [x, y] = stroke.points.at(-1);
    if (Math.hypot(point[0] - x, point[1] - y) < CLOSEST * stroke.radius) return;
    stroke.points.push(point.map((each) => Math.round(10 * each) / 10));
    host.draw();
  }

  const begin = (point) => ({ marks: host.marks(), radius: host.radius(), points: [point] });

  function end() {
    const done = stroke;
    stroke = null;
    if (done) host.done(done);
  }

  stage.addEventListener("pointerdown", (event) => {
    if (!host.on() || event.button !== 0 || event.target.closest("[role=slider]")) return;
    stage.setPointerCapture(event.pointerId);
    stroke = begin(host.at(event.clientX, event.clientY));
    host.draw();
  });
  stage.addEventListener("pointermove", (event) => {
    follow(event);
    if (!stroke) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) passes(host.at(each.clientX, each.clientY));
  });
  stage.addEventListener("pointerup", end);
  stage.addEventListener("pointercancel", end);
  stage.addEventListener("pointerleave", () => { cursor.hidden = true; });

  return {
    // What is being painted now.
    stroke: () => stroke,
    // By keyboard: the brush moves by its own width, and paints a dab where it stands.
    move(right, down) {
      cursor.hidden = false;
      hand ??= host.middle();
      const step = Math.max(1, host.radius());
      hand = [hand[0] + right * step, hand[1] + down * step];
      place();
    },
    dab() {
      hand ??= host.middle();
      host.done(begin(hand));
    },
    hide() { cursor.hidden = true; },
  };
}

// Draws strokes on a canvas whose units are the picture's pixels. masked: whether what they mark is
// shown, or what they spare.
export function drawStrokes(context, strokes, masked) {
  const colour = masked ? "rgb(232 62 44 / .6)" : "rgb(52 116 224 / .6)";
  for (const { marks, radius, points } of strokes) {
    context.strokeStyle = marks === masked ? colour : "rgb(255 255 255 / .6)";
    context.lineWidth = 2 * radius;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...points[0]);
    for (const point of points.slice(1)) context.lineTo(...point);
    if (points.length === 1) context.lineTo(points[0][0] + 0.01, points[0][1]);
    context.stroke();
  }
}
