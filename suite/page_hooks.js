// Runs before anything of the page: keeps peer connections inside, and loads what a check wants loaded.
(() => {
  const debug = console.debug.bind(console);

  // A peer connection that finds no server and no way out, and is one all the same.
  const Real = globalThis.RTCPeerConnection;
  if (Real !== undefined) {
    const inside = (given) => ({ ...given, iceServers: [], iceTransportPolicy: "relay" });
    const configure = Real.prototype.setConfiguration;
    Real.prototype.setConfiguration = function setConfiguration(given) {
      return configure.call(this, inside(given));
    };
    const Tame = new Proxy(Real, {
      construct: (made, [given, ...more], called) => Reflect.construct(made, [inside(given), ...more], called),
    });
    Real.prototype.constructor = Tame;
    for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection"]) globalThis[name] = Tame;
  }

  /** Loads a script or a style; what `look` gives the moment it is there, or null where it could not be loaded. */
  const load = (tag, attributes, look) =>
    new Promise((done) => {
      const element = Object.assign(document.createElement(tag), attributes);
      element.onload = () => done(look());
      element.onerror = () => done(null);
      setTimeout(() => done(null), 10_000);
      document.head.append(element);
    });
  const typeOf = (object, name) => typeof globalThis[object]?.[name];

  Object.defineProperty(globalThis, "parleyPage", {
    value: Object.freeze({
      /** Writes a word to the console, whatever the page made of it. */
      mark: (word) => debug(word),
      typeOf,
      script: (src, object, name) => load("script", { src }, () => typeOf(object, name)),
      style: (href) => load("link", { rel: "stylesheet", href }, () => true),
      /** Constructs the widget, with `new` or without; gives what went wrong, in words. */
      construct(object, name, options) {
        const made = globalThis[object][name];
        const whole = { ...options, onReady() {}, onAuthRequired() {} };
        try {
          this.keep.widget = made.prototype === undefined ? made(whole) : new made(whole);
          return "";
        } catch (error) {
          return String(error).slice(0, 200);
        }
      },
      keep: {},
      async destroy() {
        try {
          await this.keep.widget?.destroy?.();
        } catch {
          // what it does wrong shows elsewhere
        }
      },
    }),
  });
})();
