// The buttons of a call and its state. What the other side says is played by an element that nobody sees.
import { element } from "./dom.js";

const WORDS = {
  idle: "",
  calling: "Calling…",
  talking: "In a call",
  many: "With several guests here only they can call you.",
};

export class CallBar {
  /**
   * @param {{call: object, answerCall: object, mute: object, unmute: object, hangUp: object}} elements of page.yaml
   * @param {{call: () => void, answer: () => void, mute: (muted: boolean) => void, hangUp: () => void}} on
   */
  constructor(elements, on) {
    const button = (name, action) => {
      const made = element("button", { type: "button", className: "chat-quiet", textContent: elements[name].text });
      made.addEventListener("click", action);
      return made;
    };
    this.call = button("call", () => on.call());
    this.answer = button("answerCall", () => on.answer());
    this.mute = button("mute", () => on.mute(true));
    this.unmute = button("unmute", () => on.mute(false));
    this.hangUp = button("hangUp", () => on.hangUp());
    this.state = element("span", { className: "chat-call-state", role: "status" });
    this.sound = element("audio", { autoplay: true });
    this.sound.hidden = true;
    this.element = element(
      "div",
      { className: "chat-call", role: "group", "aria-label": "Voice call" },
      ...[this.call, this.answer, this.mute, this.unmute, this.hangUp, this.state, this.sound],
    );
  }

  /** `phase` and so on are those of Voice; `peers`: how many could be called; `caller`: the name of who rings. */
  update({ phase, muted, heard, peers, caller }) {
    this.call.hidden = phase !== "idle";
    this.call.disabled = peers !== 1;
    this.answer.hidden = phase !== "rung";
    this.mute.hidden = phase === "idle" || phase === "rung" || muted;
    this.unmute.hidden = !muted;
    this.hangUp.hidden = phase === "idle";
    const words = phase === "rung" ? `${caller} calls you.` : phase === "idle" && peers > 1 ? WORDS.many : WORDS[phase];
    if (this.state.textContent !== words) this.state.textContent = words;
    if (this.sound.srcObject !== heard) this.sound.srcObject = heard;
  }
}
