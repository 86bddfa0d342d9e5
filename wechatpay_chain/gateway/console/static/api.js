// Requests to the gateway; errors of the control API become exceptions with their message.

async function ask(method, path, body) {
  const options = { method, headers: { Accept: "application/json" } };
  if (body !== undefined) options.body = JSON.stringify(body);
  const response = await fetch(`/_gateway/${path}`, options).catch((error) => {
    throw Object.assign(error, { isOffline: true });
  });
  const text = await response.text();
  const told = text ? JSON.parse(text) : null;
  if (response.ok) return told;
  const error = new Error(told?.message || told?.error || `HTTP ${response.status}`);
  error.status = response.status;
  throw error;
}

export const get = (path) => ask("GET", path);
export const post = (path, body) => ask("POST", path, body);
export const patch = (path, body) => ask("PATCH", path, body);
export const remove = (path) => ask("DELETE", path);
export const part = encodeURIComponent;
