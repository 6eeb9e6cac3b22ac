// Runs in the page before anything of its own: holds the widget's instance, sets its options, and keeps every
// connection, so that its statistics can be read. Everything kept is bounded: the page is hostile until proven
// otherwise. `settings` is filled in by widget.py.
(() => {
  const settings = /* SETTINGS */ {};
  const MOST = 2000;
  const TEXT_MOST = 70000;
  const ALL_TEXT = 16_000_000; // characters of frames and descriptions
  const kept = {
    widgets: [], connections: [], channels: [], frames: [], opened: [], sdp: [], failures: [], ran: 0, openings: 0,
    asked: 0, microphones: [], heard: [],
  };
  const keep = (list, item) => { if (list.length < MOST) list.push(item); };
  let left = ALL_TEXT;
  const cut = (text) => {
    const part = text.slice(0, Math.min(TEXT_MOST, left));
    left -= part.length;
    return part;
  };
  Object.defineProperty(window, "__parley", { value: kept, enumerable: false });
  // What markup in a message would call, if it ran.
  Object.defineProperty(window, "__parleyRan", { value: () => { kept.ran += 1; }, enumerable: false });

  // -- the widget's constructor

  const given = (options) => ({ ...options, ...settings.options });
  const watched = (Real) => new Proxy(Real, {
    construct(target, [options], newTarget) {
      const made = Reflect.construct(target, [given(options)], newTarget);
      keep(kept.widgets, made);
      return made;
    },
    apply(target, self, [options]) {
      const made = Reflect.apply(target, self, [given(options)]);
      keep(kept.widgets, made);
      return made;
    },
  });
  const watching = (object, real) => {
    let proxy = typeof real === "function" ? watched(real) : real;
    return Object.defineProperty(object, settings.constructor, {
      enumerable: true,
      configurable: true,
      get: () => proxy,
      set: (next) => { proxy = typeof next === "function" ? watched(next) : next; },
    });
  };
  const namespace = (value) => {
    if (value === null || (typeof value !== "object" && typeof value !== "function")) return value;
    const real = value[settings.constructor];
    try {
      // In place: a bundle (UMD) may fill the object after it was assigned.
      return watching(value, real);
    } catch {
      // It is frozen, or has a getter for good: such an object is whole by now.
      return watching({ ...value, [settings.constructor]: undefined }, real);
    }
  };
  let held;
  Object.defineProperty(window, settings.object, {
    configurable: true,
    get: () => held,
    set: (value) => { held = namespace(value); },
  });

  // -- connections and channels

  const Real = window.RTCPeerConnection;
  const watch = (channel, made) => {
    keep(kept.channels, { channel, label: channel.label, ordered: channel.ordered, made });
    channel.addEventListener("open", () => { kept.openings += 1; });
    channel.addEventListener("message", ({ data }) => keep(kept.frames, frame("in", data)));
    const send = channel.send;
    channel.send = function (data) {
      keep(kept.frames, frame("out", data));
      return send.call(this, data);
    };
  };
  const frame = (way, data) => ({
    way,
    at: Date.now(),
    text: typeof data === "string" ? cut(data) : null,
  });
  const relayed = (config) => (settings.iceServers ? { ...config, iceServers: settings.iceServers } : config);
  class Watched extends Real {
    constructor(config, ...rest) {
      super(relayed(config), ...rest);
      keep(kept.connections, this);
      this.addEventListener("datachannel", ({ channel }) => watch(channel, false));
      this.addEventListener("track", ({ track }) => {
        if (!kept.heard.includes(track)) keep(kept.heard, track); // one that was held and goes on comes again
      });
      this.addEventListener("icecandidateerror", (event) =>
        keep(kept.failures, { url: event.url, code: event.errorCode, text: event.errorText }));
      const local = () => {
        if (this.localDescription) keep(kept.sdp, cut(this.localDescription.sdp));
      };
      this.addEventListener("icegatheringstatechange", local);
      this.addEventListener("icecandidate", ({ candidate }) => {
        if (candidate) keep(kept.sdp, cut(candidate.candidate));
      });
    }

    setConfiguration(config) {
      super.setConfiguration(relayed(config));
    }

    // How long after the answer was read the channel opens.
    setRemoteDescription(...args) {
      if (args[0] && args[0].type === "answer") this.answered = performance.now();
      return super.setRemoteDescription(...args);
    }

    createDataChannel(...args) {
      const channel = super.createDataChannel(...args);
      watch(channel, true);
      channel.addEventListener("open", () => keep(kept.opened, performance.now() - (this.answered || 0)));
      return channel;
    }
  }
  window.RTCPeerConnection = Watched;
  if ("webkitRTCPeerConnection" in window) window.webkitRTCPeerConnection = Watched; // the same, by its old name

  // -- microphones

  const devices = window.navigator?.mediaDevices;
  if (devices?.getUserMedia) {
    const capture = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (wanted) => {
      kept.asked += 1;
      if (settings.microphone === false) throw new DOMException("Permission denied", "NotAllowedError");
      const stream = await capture(wanted);
      for (const track of stream.getTracks()) keep(kept.microphones, track);
      return stream;
    };
    for (const name of ["getUserMedia", "webkitGetUserMedia"]) { // the same, by its old names
      if (name in window.navigator) {
        window.navigator[name] = (wanted, good, bad) => { devices.getUserMedia(wanted).then(good, bad); };
      }
    }
    // A clone keeps the microphone on as well as what it was made of.
    const ofMicrophone = (track) => kept.microphones.includes(track);
    const cloned = (Kind, tracks) => {
      const { clone } = Kind.prototype;
      Kind.prototype.clone = function () {
        const made = Reflect.apply(clone, this, []);
        if (tracks(this).some(ofMicrophone)) for (const track of tracks(made)) keep(kept.microphones, track);
        return made;
      };
    };
    cloned(MediaStreamTrack, (track) => [track]);
    cloned(MediaStream, (stream) => stream.getTracks());
  }

  // -- what the harness asks

  kept.live = () => kept.microphones.filter((track) => track.readyState === "live").length;
  kept.hearing = () => kept.heard.filter((track) => track.kind === "audio" && track.readyState === "live").length;

  kept.open = () => kept.channels.filter(({ channel }) => channel.readyState === "open").length;
  kept.close = () => kept.connections.forEach((connection) => connection.close());

  kept.stats = async () => {
    const all = [];
    for (const connection of kept.connections) {
      const report = { state: connection.connectionState, reports: [] };
      try {
        (await connection.getStats()).forEach((one) => report.reports.push(one));
      } catch (error) {
        report.error = String(error);
      }
      all.push(report);
    }
    return all;
  };
})();
