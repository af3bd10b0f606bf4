// Forms as XForms in ODK's own engine: they load there, and answers that nobody chose give the same
// relevance, values, requirements and constraints there and here.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { BUILD, FULL, SOURCE, homeward, main, ok, scratch_path } from "./kit.mjs";
import { NOW_MS, load_form, nodes_of } from "./engine.mjs";
import { make_form } from "./make_form.mjs";

const STATE = path.join(BUILD, "tests/support/form_state");
const ROUNDS = 5; // fillings of each form
const FORMS = Number(process.env.HOMEWARD_FORMS || (FULL ? 100 : 8)); // that are made

// origin looks into a table by a column that is no name in XPath; places measures places that nobody
// has answered, at which the engine ends.
const ELSEWHERE = new Set(["origin.csv", "places.csv"]);

// --- chance, the same every time ---

function chance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    below: (n) => Math.floor(next() * n),
    one: (list) => list[Math.floor(next() * list.length)],
    often: (share) => next() < share,
  };
}

// --- answers ---

const TEXTS = ["a", "ab", "Ada Lovelace", "12", "x-1", "été", "سلام", "2024-02-29", "0"];
const WHOLE = ["0", "1", "2", "3", "7", "12", "18", "99", "1000", "-4"];
const BROKEN = ["0.5", "1.25", "-3.7", "2", "100.1", "0"];
const DATES = ["1956-02-29", "1990-01-01", "2024-12-31", "2026-11-21", "2026-11-22", "2026-11-23"];

function pick_text(dice, node) {
  switch (node.valueType) {
    case "int": return dice.one(WHOLE);
    case "decimal": return dice.one(BROKEN);
    case "date": return dice.one(DATES);
    case "time": return dice.one(["00:00:00", "08:30:00", "23:59:00"]);
    case "dateTime": return null; // the zone that each writes is its own affair
    case "string": return dice.one(TEXTS);
    default: return null;
  }
}

// The engine takes a date as a date, but a time as a text.
function set_text(node, value) {
  node.setValue(node.valueType === "int" ? BigInt(value) : value);
}

function answer(dice, node) {
  const open = node.currentState;
  const number = node.valueType === "int" || node.valueType === "decimal";
  if (open.readonly || !open.relevant || dice.often(number ? dice.gaps : 0.15)) return;
  if (node.nodeType === "select") {
    const values = open.valueOptions.map((o) => o.value);
    if (!values.length) return;
    if (node.selectType === "select") {
      const chosen = values.filter(() => dice.often(0.4));
      node.selectValues(chosen);
    } else {
      node.selectValue(dice.one(values));
    }
  } else if (node.nodeType === "input") {
    const value = pick_text(dice, node);
    if (value !== null) set_text(node, value);
  } else if (node.nodeType === "rank") {
    node.setValues(open.valueOptions.map((o) => o.value).sort(() => dice.below(2) - 0.5));
  } else if (node.nodeType === "trigger") {
    node.setValue(dice.often(0.7));
  }
}

// Answers what is there, in order; rows that come along are answered too.
function fill(dice, node) {
  for (const child of [...(node.currentState.children ?? [])]) {
    if (child.nodeType === "repeat-range:uncontrolled" && child.currentState.relevant) {
      const want = dice.below(4);
      const have = child.currentState.children.length;
      if (want > have) child.addInstances(have - 1, want - have);
      if (want < have) child.removeInstances(want, have - want);
    }
    if (child.currentState.children) fill(dice, child);
    else answer(dice, child);
  }
}

const TYPED = new Set(["input", "select", "trigger", "range", "rank"]);

// What a person would have typed. An empty row has no answer here, so it is one answer too few: each
// row begins with a text, and where that is empty it is given one.
function typed_of(root) {
  const lines = [];
  for (const { path: name, node } of nodes_of(root))
    if (TYPED.has(node.nodeType) && node.currentState.relevant && node.currentState.instanceValue)
      lines.push(`${name}\t${node.currentState.instanceValue}`);
  return lines;
}

function drop_empty_rows(root) {
  const walk = (node) => {
    for (const child of [...(node.currentState.children ?? [])]) {
      if (child.nodeType === "repeat-range:uncontrolled") {
        for (let i = child.currentState.children.length - 1; i >= 0; i--)
          if (!typed_of(child.currentState.children[i]).length) child.removeInstances(i, 1);
      }
      if (child.currentState.children) walk(child);
    }
  };
  walk(root);
  walk(root); // a row may have been kept alive by a row that is gone now
}

function their_state(root) {
  const state = {};
  const counted = new Set();
  for (const { path: name, node } of nodes_of(root))
    if (node.nodeType === "repeat-range:controlled") counted.add(`${name}_count`);
  for (const { path: name, node } of nodes_of(root)) {
    if (node.nodeType.startsWith("repeat") || node.nodeType === "group") {
      state[name] = { relevant: node.currentState.relevant };
      continue;
    }
    const violation = node.validationState?.violation;
    state[name] = {
      counts: counted.has(name),
      sums: /\bsum\(/.test(node.definition.bind?.calculate?.expression ?? ""),
      given: node.nodeType === "model-value" && !node.definition.bind?.calculate,
      relevant: node.currentState.relevant,
      value: node.currentState.relevant ? node.currentState.instanceValue : "",
      many: node.nodeType === "select" && node.selectType === "select",
      choices: node.currentState.valueOptions?.map((o) => o.value),
      wrong: node.currentState.relevant && violation ? violation.condition : null,
    };
  }
  return state;
}

function our_states(form, fillings) {
  const text = fillings.map((lines) => lines.map((l) => l + "\n").join("") + "\n").join("");
  const out = execFileSync(STATE, [form, String(NOW_MS)],
                           { input: text, encoding: "utf8", maxBuffer: 1 << 28 });
  return out.trim().split("\n").map((line) => JSON.parse(line));
}

// 08:30 and 08:30:00, 2 and 2.00, a moment in UTC with Z or +00:00: the same answer. What uuid()
// makes differs each time.
function canonical(value) {
  if (/^\d\d:\d\d:00/.test(value)) return value.slice(0, 5);
  if (/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(value)) return String(Date.parse(value));
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)) return "a random id";
  return /^-?\d+(\.\d+)?$/.test(value) ? String(Number(Number(value).toFixed(9))) : value;
}

// Checks of hw:type, which an XForm does not know.
const FINER = /currency|an amount of|phone number/;

// A field whose group is not relevant is not either.
function differences(ours, theirs) {
  const found = [];
  for (const [name, their] of Object.entries(theirs)) {
    const our = ours[name];
    if (!our) {
      if (their.counts) continue; // NAME_count of a repeat is a node of the XForm alone
      if (their.relevant && their.value) found.push(`${name}: not here`);
      continue;
    }
    if (our.relevant !== their.relevant) {
      found.push(`${name}: relevant here ${our.relevant}, there ${their.relevant}`);
      continue;
    }
    if (our.choices && our.relevant && their.choices.join(" ") !== our.choices.join(" "))
      found.push(`${name}: here ${our.choices.join(" ")}, there ${their.choices.join(" ")}`);
    if (!their.relevant || their.value === undefined) continue;
    if (their.given && !our.value) continue; // by the device, or as a hidden default
    if (their.sums && !their.value) continue; // NaN, where we pass empty answers by
    // Codes of several answers stand in the order of the list here, as they are shown there.
    const form = our.choices && their.many ? (v) => v.split(" ").sort().join(" ") : canonical;
    if (form(our.value) !== form(their.value))
      found.push(`${name}: here ${JSON.stringify(our.value)}, there ${JSON.stringify(their.value)}`);
    if (FINER.test(our.wrong ?? "") && !their.wrong) continue;
    if (Boolean(our.wrong) !== Boolean(their.wrong))
      found.push(`${name} = ${JSON.stringify(our.value)}: here ${our.wrong}, there ${their.wrong}`);
  }
  return found;
}

// Differences between both, and how many answers were given, left aside and refused.
async function differences_of(xml, form, seed, gaps = 0.15) {
  const open = await load_form(xml);
  const fillings = [];
  const theirs = [];
  const found = [];
  const count = { answers: 0, aside: 0, wrong: 0, orders: 0 };
  for (let i = 0; i < ROUNDS; i++) {
    const dice = { ...chance(seed * 1000 + i), gaps };
    const root = open();
    fill(dice, root);
    if (i % 2) fill(dice, root); // a change of mind
    drop_empty_rows(root);
    fillings.push(typed_of(root));
    theirs.push(their_state(root));
  }
  our_states(form, fillings).forEach((ours, i) => {
    for (const line of differences(ours, theirs[i])) found.push(`filling ${i}: ${line}`);
    for (const our of Object.values(ours)) {
      count.aside += !our.relevant;
      count.wrong += our.wrong !== null;
    }
    count.answers += fillings[i].length;
    count.orders += Object.values(ours).filter((our) => our.relevant && our.choices).length;
  });
  return { found, count };
}

async function compare(name, form, seed, gaps) {
  try {
    const { found, count } = await differences_of(homeward("form", "xform", form), form, seed,
                                                   gaps);
    ok(count.answers > 0 && !found.length,
       `${name}: ${count.answers} answers, ${count.aside} set aside, ${count.wrong} refused: ` +
       "the same there and here", found.slice(0, 25).join("\n"));
  } catch (e) {
    ok(false, `${name} can be compared`, e.stack ?? e);
  }
}

// Choices in an order made by chance stand in the same one there and here; another seed shows.
async function compare_orders(form, seed) {
  const xml = homeward("form", "xform", form);
  const { found, count } = await differences_of(xml, form, seed, 0);
  ok(count.orders >= 4 * ROUNDS && !found.length,
     `${count.orders} shuffled lists stand in one order there and here`, found.join("\n"));
  const other = xml.replace(", 42)", ", 43)");
  ok(other !== xml && (await differences_of(other, form, seed, 0)).found.length > 0,
     "an order that differs is seen");
}

// Were a condition turned round on one side only, the comparison would show it.
async function see_a_difference(form, seed) {
  const xml = homeward("form", "xform", form);
  const turned = xml.replace(/ relevant="([^"]*)"/, ' relevant="not($1)"');
  const { found } = await differences_of(turned, form, seed);
  ok(turned !== xml && found.length > 0, "a condition that differs is seen");
}

await main(async () => {
  const shipped = fs.readdirSync(path.join(SOURCE, "content/forms"))
    .filter((f) => f.endsWith(".csv")).map((f) => f.slice(0, -4)).sort();
  let seed = 0;
  for (const kind of shipped) await compare(kind, kind, ++seed);
  const folder = path.join(SOURCE, "tests/data/forms/good");
  // Another form that ships does not change the answers here: some would be rows beyond our 200.
  seed = 17;
  for (const file of fs.readdirSync(folder).sort())
    if (!ELSEWHERE.has(file)) await compare(file, path.join(folder, file), ++seed, 0);
  await compare_orders(path.join(folder, "shuffled.csv"), ++seed);
  for (let i = 1; i <= FORMS; i++) {
    const file = scratch_path(`made_${i}.csv`);
    fs.writeFileSync(file, make_form(chance(i), `made_${i}`));
    await compare(`made_${i}`, file, ++seed);
    if (i === 1) await see_a_difference(file, seed);
  }
});
