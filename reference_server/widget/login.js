// The login form: an address, then the code that came. Says nothing by itself; errors are shown by whoever made it.
import { element } from "./dom.js";
import { inWords } from "./time.js";

let made = 0;

export class LoginForm {
  #email;
  #otp;
  #address = "";

  /**
   * @param {{elements: object, digits: number, on: object}} options `elements` of page.yaml; `digits` of a code;
   *   `on`: sendCode(email) -> seconds that a code is good for, and verify(email, code), which throw errors with a
   *   message; failed(error) and trying(), before each of them
   */
  constructor({ elements, digits, on }) {
    this.on = on;
    made += 1;
    const id = (name) => `chat-login-${made}-${name}`;
    const field = (name, label, properties) => {
      const input = element("input", { id: id(name), name, required: true, spellcheck: false, ...properties });
      return [input, element("label", { for: input.id, textContent: label })];
    };
    const [email, emailLabel] = field("email", "Your e-mail address", { type: "email", autocomplete: "email" });
    const [otp, otpLabel] = field("otp", `The code, ${digits} digits`, {
      autocomplete: "one-time-code",
      inputMode: "numeric",
      maxLength: digits + 6, // with the spaces that mail programs may put in
    });
    this.#email = email;
    this.#otp = otp;
    this.send = element("button", { type: "submit", className: "chat-primary", textContent: elements.sendCode.text });
    this.verify = element("button", { type: "submit", className: "chat-primary", textContent: elements.verify.text });
    this.again = element("button", { type: "button", className: "chat-quiet", textContent: "Send a new code" });
    this.other = element("button", { type: "button", className: "chat-quiet", textContent: "Use another address" });
    this.sent = element("p", { className: "chat-small", role: "status" });
    const buttons = element("div", { className: "chat-row" }, this.verify, this.again, this.other);
    this.asking = element("form", { className: "chat-form" }, emailLabel, email, this.send);
    this.proving = element("form", { className: "chat-form", hidden: true }, otpLabel, otp, buttons);
    const heading = element("h2", { textContent: "Please sign in" });
    this.element = element("div", { className: "chat-login" }, heading, this.asking, this.sent, this.proving);
    this.asking.addEventListener("submit", (event) => this.#submitted(event, () => this.#ask(email.value.trim())));
    this.proving.addEventListener("submit", (event) => this.#submitted(event, () => this.#prove()));
    this.again.addEventListener("click", (event) => this.#submitted(event, () => this.#ask(this.#address)));
    this.other.addEventListener("click", () => this.restart());
  }

  focus() {
    (this.proving.hidden ? this.#email : this.#otp).focus();
  }

  /** From the beginning: the address stays, the code does not. */
  restart() {
    this.proving.hidden = true;
    this.asking.hidden = false;
    this.sent.textContent = "";
    this.#otp.value = "";
    if (this.element.isConnected) this.#email.focus();
  }

  async #submitted(event, action) {
    event.preventDefault();
    this.on.trying();
    this.#busy(true);
    try {
      await action();
    } catch (error) {
      this.on.failed(error);
      this.focus(); // the button that was pressed has lost it
    } finally {
      this.#busy(false);
    }
  }

  async #ask(address) {
    const seconds = await this.on.sendCode(address);
    this.#address = address;
    this.sent.textContent = `If ${address} is your address, a code is on its way. It is good for ${inWords(seconds)}.`;
    this.asking.hidden = true;
    this.proving.hidden = false;
    this.#otp.focus();
  }

  async #prove() {
    await this.on.verify(this.#address, this.#otp.value.replace(/\s/g, ""));
    this.restart();
  }

  #busy(busy) {
    for (const control of [this.send, this.verify, this.again, this.other]) control.disabled = busy;
  }
}
