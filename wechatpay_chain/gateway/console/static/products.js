// The products with records in the gateway, and their names.

import { get } from "./api.js";
import { language } from "./i18n.js";
import { scoped } from "./party.js";

let products = [];

/** Fetches the products, with the numbers of their records for the selected merchant. */
export async function load() {
  products = await get(scoped("console/products"));
  return products;
}

/** Returns a product by its name, or undefined. */
export const product = (name) => products.find((each) => each.name === name);

/** Returns the name of a product in the reader's language. */
export const label = (name) => product(name)?.label[language()] ?? name;

/** Returns the controls of a kind of record, each with its product. */
export const controlsOf = (kind) =>
  products.flatMap(({ name, controls }) => controls.filter((each) => each.kinds.includes(kind)).map((each) => ({ ...each, product: name })));
