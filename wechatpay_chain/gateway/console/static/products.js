// The products whose records the gateway has, and what their names are.

import { get } from "./api.js";
import { language } from "./i18n.js";
import { scoped } from "./party.js";

let products = [];

/** Asks which products there are, and how many records of what is in view each has. */
export async function load() {
  products = await get(scoped("console/products"));
  return products;
}

/** A product by its name; undefined where there is none. */
export const product = (name) => products.find((each) => each.name === name);

/** What a product is called in the reader's language. */
export const label = (name) => product(name)?.label[language()] ?? name;

/** The controls of a kind of record, each with its product. */
export const controlsOf = (kind) =>
  products.flatMap(({ name, controls }) => controls.filter((each) => each.kinds.includes(kind)).map((each) => ({ ...each, product: name })));
