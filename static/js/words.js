// What the scripts say comes translated from components/words.html; none of it is written here.
const words = document.getElementById("words");

/** Return the text kept as data-word-NAME, with %(key)s filled in from `values`. */
export function say(name, values = {}) {
  const text = words?.dataset[`word${name[0].toUpperCase()}${name.slice(1)}`] ?? name;
  return text.replace(/%\((\w+)\)s/g, (_, key) => values[key] ?? "");
}
