// Server-sent events, which announce possible changes. A hidden page closes its stream, because a
// browser has only six connections to a server; it fetches everything again when it becomes
// visible.

const RETRY = 3000;
const TOGETHER = 120;

/**
 * Receives events until the page is closed.
 * @param {string} address the URL of the stream
 * @param {object} on the callbacks: `change()` fetches the data again and never fails; `state(isLive)`;
 *   `time({now, scale})`
 */
export function listen(address, on) {
  let source = null;
  let retry = 0;
  let [asks, again] = [false, false];

  // Many events in a short time cause one fetch, and never two at the same time.
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
      changed(); // events before this connection
    });
    source.addEventListener("beat", (event) => {
      on.time?.(JSON.parse(event.data));
      changed(); // changes with time, or without an event
    });
    source.addEventListener("change", changed);
    source.addEventListener("reset", changed);
    source.addEventListener("error", () => {
      on.state?.(false);
      if (source?.readyState !== EventSource.CLOSED) return; // it reconnects by itself
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
