// Forms that nobody wrote, as CSV: groups, repeats, relevance, constraints, calculations of all kinds.
const LETTERS = "abcdefghijklmnopqrstuvwxyz";

const quote = (cell) => (/[",\n]/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell);

// A number that is never NaN, so that both sides agree on what an empty answer counts.
const number_of = (name) => `coalesce(\${${name}}, 0)`;

const KINDS = ["text", "integer", "integer", "decimal", "date", "one", "many", "calculate", "note",
               "cascade", "rank", "acknowledge"];

class Maker {
  constructor(dice) {
    this.dice = dice;
    this.rows = [];
    this.names = 0;
    this.levels = [{ fields: [], repeats: [] }]; // what may be referred to, outermost first
  }

  name(kind) {
    return `${kind}_${LETTERS[this.names % 26]}${this.names++}`;
  }

  seen(kinds) {
    return this.levels.flatMap((l) => l.fields).filter((f) => kinds.includes(f.kind));
  }

  some(kinds) {
    const list = this.seen(kinds);
    return list.length ? this.dice.one(list) : null;
  }

  condition(depth = 0) {
    const { dice } = this;
    const f = this.some(["integer", "decimal", "text", "one", "many", "date", "sum"]);
    if (!f) return "1 = 1";
    const ref = `\${${f.name}}`;
    if (depth < 2 && dice.often(0.3))
      return dice.one([
        `(${this.condition(depth + 1)} and ${this.condition(depth + 1)})`,
        `(${this.condition(depth + 1)} or ${this.condition(depth + 1)})`,
        `not(${this.condition(depth + 1)})`,
      ]);
    const code = dice.one(["a", "b", "c"]);
    switch (f.kind) {
      case "one": return dice.one([`${ref} = '${code}'`, `${ref} != '${code}'`, `selected(${ref}, '${code}')`]);
      case "many": return dice.one([`selected(${ref}, '${code}')`, `count-selected(${ref}) >= 2`,
                                    `not(selected(${ref}, '${code}'))`, `selected-at(${ref}, 0) = '${code}'`]);
      case "text": return dice.one([`string-length(${ref}) > 2`, `${ref} != ''`, `contains(${ref}, 'a')`,
                                    `starts-with(${ref}, 'A')`, `regex(${ref}, '^[0-9]+$')`]);
      case "date": return dice.one([`${ref} < today()`, `${ref} >= date('2024-12-31')`, `${ref} = today()`]);
      default: return `${number_of(f.name)} ${dice.one(["<", ">", "=", "!=", "<=", ">="])} ${dice.below(20)}`;
    }
  }

  calculation() {
    const { dice } = this;
    const a = this.some(["integer", "sum"]);
    const d = this.some(["decimal"]);
    const t = this.some(["text"]);
    const m = this.some(["many"]);
    const day = this.some(["date"]);
    const repeat = this.levels.length === 1 && dice.often(0.5) && this.levels[0].repeats.length
      ? dice.one(this.levels[0].repeats) : null;
    const ways = ["'fixed'", "1 + 2 * 3", `if(${this.condition()}, 'yes', 'no')`];
    if (a) ways.push(`${number_of(a.name)} * 2 + 1`, `${number_of(a.name)} mod 5`, `-${number_of(a.name)}`,
                     `if(${number_of(a.name)} > 3, ${number_of(a.name)}, 3)`,
                     `concat('n=', ${number_of(a.name)})`, `max(${number_of(a.name)}, 7)`);
    if (d) ways.push(`round(${number_of(d.name)}, 1)`, `int(${number_of(d.name)})`,
                     `${number_of(d.name)} div 4`, `${number_of(d.name)} + 0.5`);
    if (t) ways.push(`concat(\${${t.name}}, '-', string-length(\${${t.name}}))`, `substr(\${${t.name}}, 0, 2)`,
                     `coalesce(\${${t.name}}, 'none')`, `normalize-space(\${${t.name}})`,
                     `translate(\${${t.name}}, 'abc', 'xyz')`);
    if (m) ways.push(`count-selected(\${${m.name}})`, `selected-at(\${${m.name}}, 1)`);
    if (day) ways.push(`if(\${${day.name}} = '', '', format-date(\${${day.name}}, '%Y-%m'))`);
    const one = this.some(["one"]);
    if (one) ways.push(`jr:choice-name(\${${one.name}}, '\${${one.name}}')`);
    if (this.levels.length > 1) ways.push("position(..)");
    if (repeat) {
      ways.push(`count(\${${repeat.name}})`);
      ways.push(`sum(\${${repeat.number}})`, `count(\${${repeat.number}})`,
                `indexed-repeat(\${${repeat.number}}, \${${repeat.name}}, 1)`,
                `if(count(\${${repeat.name}}) > 1, max(\${${repeat.number}}), 0)`);
    }
    return dice.one(ways);
  }

  add(row, kind) {
    this.rows.push(row);
    const level = this.levels[this.levels.length - 1];
    level.fields.push({ name: row.name, kind });
  }

  question() {
    const { dice } = this;
    const kind = dice.one(KINDS);
    const row = { name: this.name(kind), label: `Question ${this.names}` };
    if (dice.often(0.35)) row.relevant = this.condition();
    if (kind === "cascade") return this.cascade();
    if (kind === "one" || kind === "many") {
      row.type = `select_${kind === "one" ? "one" : "multiple"} letters`;
    } else if (kind === "calculate") {
      row.type = "calculate";
      row.calculation = this.calculation();
      this.add(row, /^(count|sum)\(/.test(row.calculation) ? "sum" : "result");
      return row;
    } else if (kind === "rank") {
      row.type = "rank letters";
    } else {
      row.type = kind;
    }
    if (kind === "note") {
      row.label = "A note";
      this.add(row, kind);
      return row;
    }
    if (dice.often(0.25)) row.required = dice.often(0.5) ? "yes" : this.condition();
    if (dice.often(0.3) && kind === "integer") row.constraint = dice.one([". >= 0", ". < 50", ". != 7"]);
    if (dice.often(0.3) && kind === "text") row.constraint = dice.one(["string-length(.) < 5", "regex(., '^[a-zA-Z ]*$')"]);
    if (dice.often(0.3) && kind === "date") row.constraint = ". <= today()";
    this.add(row, kind);
    return row;
  }

  // A region, and the towns in it.
  cascade() {
    const region = { type: "select_one regions", name: this.name("region"), label: "Region" };
    const town = { type: "select_one towns", name: this.name("town"), label: "Town",
                   choice_filter: `region = \${${region.name}}` };
    if (this.dice.often(0.3)) town.required = "yes";
    this.add(region, "region");
    this.add(town, "town");
  }

  // As many rows as letters are chosen.
  counted() {
    const many = { type: "select_multiple letters", name: this.name("many"), label: "Letters" };
    const name = this.name("rows");
    this.add(many, "many");
    const count = { type: "calculate", name: this.name("count"),
                    calculation: `count-selected(\${${many.name}})` };
    this.add(count, "sum");
    this.rows.push({ type: "begin repeat", name, label: "Counted rows",
                     repeat_count: this.dice.one([`\${${count.name}}`, `\${${count.name}} + 1`]) });
    this.inside(name);
    this.rows.push({ type: "end repeat", name });
  }

  inside(name, depth = 0) {
    this.levels.push({ fields: [], repeats: [] });
    const number = this.name("integer");
    this.add({ type: "integer", name: number, label: "A number", default: "0" }, "integer");
    for (let i = 0; i < 4; i++) this.question();
    if (this.dice.often(0.5)) this.group();
    if (depth < 1 && this.dice.often(0.3)) this.repeat(depth + 1);
    this.levels.pop();
    if (this.levels.length === 1) this.levels[0].repeats.push({ name, number });
  }

  group() {
    const name = this.name("group");
    this.rows.push({ type: "begin group", name, label: "A group",
                     relevant: this.dice.often(0.4) ? this.condition() : "" });
    for (let i = 0; i < 3; i++) this.question();
    this.rows.push({ type: "end group", name });
  }

  repeat(depth = 0) {
    const name = this.name("rows");
    this.rows.push({ type: "begin repeat", name, label: "Rows",
                     relevant: this.dice.often(0.25) ? this.condition() : "" });
    this.inside(name, depth);
    this.rows.push({ type: "end repeat", name });
  }
}

const COLUMNS = ["type", "name", "label", "relevant", "constraint", "required", "calculation",
                 "choice_filter", "repeat_count", "default"];

export function make_form(dice, id) {
  const maker = new Maker(dice);
  for (let i = 0; i < 5; i++) maker.question();
  for (let i = 0; i < 4; i++) {
    dice.one([() => maker.group(), () => maker.repeat(), () => maker.repeat(), () => maker.counted()])();
    for (let k = 0; k < 3; k++) maker.question();
  }
  const lines = ["survey", "," + COLUMNS.join(",").replace("label", "label::English (en)")];
  for (const row of maker.rows) lines.push("," + COLUMNS.map((c) => quote(row[c] ?? "")).join(","));
  lines.push("choices", ",list_name,name,label::English (en),region");
  for (const letter of ["a", "b", "c"]) lines.push(`,letters,${letter},Letter ${letter},`);
  for (const region of ["north", "south", "west"]) {
    lines.push(`,regions,${region},The ${region},`);
    if (region !== "west") // where there is no town
      for (let i = 1; i < 4; i++) lines.push(`,towns,${region}_${i},Town ${i},${region}`);
  }
  lines.push("settings", ",form_title::English (en),form_id,version,default_language,hw:kind,hw:privacy",
             `,Made ${id},${id},1,en,record,internal`);
  return lines.join("\n") + "\n";
}
