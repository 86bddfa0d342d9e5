// Server-sent events: says when there may be something new. A page that is not looked at closes its
// stream, because a browser has only six connections to one server; it asks for everything when it
// is looked at again.

const RETRY = 3000;
const TOGETHER = 120;

/**
 * Listens until the page goes away.
 * @param {string} address of the stream
 * @param {object} on `change()`: ask again for what is shown, and never fail; `state(isLive)`;
 *   `time({now, scale})`
 */
export function listen(address, on) {
  let source = null;
  let retry = 0;
  let [asks, again] = [false, false];

  // Many events in a short time are one reason to ask again, and none to ask twice at once.
  const changed = async () => {
    again = true;
    if (asks) return;
    asks = true;
    while (again) {
      await new Promise((done) => setTimeout(done, TOGETHER));
      again = false;
      await on.change();
    }
    asks = false;
  };

  const open = () => {
    clearTimeout(retry);
    if (source || document.hidden) return;
    source = new EventSource(address);
    source.addEventListener("hello", (event) => {
      on.state?.(true);
      on.time?.(JSON.parse(event.data));
      changed(); // whatever happened before this connection
    });
    source.addEventListener("beat", (event) => {
      on.time?.(JSON.parse(event.data));
      changed(); // what changes with time, or with no event
    });
    source.addEventListener("change", changed);
    source.addEventListener("reset", changed);
    source.addEventListener("error", () => {
      on.state?.(false);
      if (source?.readyState !== EventSource.CLOSED) return; // it tries again by itself
      close();
      retry = setTimeout(open, RETRY);
    });
  };

  const close = () => {
    source?.close();
    source = null;
  };

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
}
