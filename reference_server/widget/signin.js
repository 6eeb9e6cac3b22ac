// Who one is on this page: by a token that the page brought, or by logging in.
import { Account, OVER } from "./account.js";
import { SignalingError } from "./http.js";
import { identity } from "./identity.js";
import { LoginForm } from "./login.js";
import { TokenPass } from "./pass.js";

export class SignIn {
  #resuming = false; // it is not known yet whether this browser has a session

  /**
   * @param {{protocol: object, options: object, on: object}} about `options` are the widget's; `on`: entered(who,
   *   again) (`again`: the same person as before, whose session was over), required(), error(text)
   */
  constructor({ protocol, options: { token, authApiUrl: url, signalingUrl, autoAuth }, on }) {
    Object.assign(this, { autoAuth, on });
    this.account = token ? null : new Account({ protocol, url, signalingUrl });
    this.pass = this.account ?? new TokenPass(token);
    this.who = token ? identity(token, protocol) : null;
    this.form = this.account && this.#form(protocol);
    this.over = false; // whoever is in a room then stays there, and logs in again beside it
  }

  /** Whether one is to be asked to sign in; `out`: nobody is in now. */
  asked(out) {
    return (out && !this.#resuming) || this.over;
  }

  /** Goes on with what there is: a token, or the session of this browser. */
  async begin() {
    if (this.account && this.autoAuth) {
      this.#resuming = true;
      const who = await this.account.resume();
      this.#resuming = false;
      if (who !== null) return this.#entered(who);
    } else if (this.who !== null && this.autoAuth) {
      return this.on.entered(this.who, false);
    }
    this.on.required();
  }

  /** The server does not take the credentials any more, and they cannot be renewed. */
  refused() {
    if (this.account && !this.over && this.who !== null) {
      this.over = true;
      this.on.error(OVER);
    }
    this.on.required();
  }

  /** Another tab changed this key of the storage (null: all of it). */
  async storageChanged(key) {
    if (await this.account?.endedBy(key)) this.refused();
  }

  /** One stays signed in where the server does not end the session: else a reload would bring it back. */
  async signOut() {
    try {
      await this.account.signOut();
    } catch (error) {
      return this.on.error(`You are still signed in. ${error.message}`);
    }
    this.who = null;
    this.over = false;
    this.on.error("");
    this.on.required();
  }

  #form(protocol) {
    const on = {
      sendCode: (email) => this.account.requestCode(email),
      verify: async (email, code) => this.#entered(await this.account.verify(email, code)),
      trying: () => this.on.error(""),
      failed: (error) => this.on.error(error instanceof SignalingError ? error.message : "That did not work."),
    };
    return new LoginForm({ elements: protocol.page.elements, digits: protocol.limits.otp_digits, on });
  }

  #entered(who) {
    if (who === null) throw new SignalingError("The server does not say who you are.");
    const again = this.over && this.who?.id === who.id;
    this.over = false;
    this.who = who;
    this.on.entered(who, again);
  }
}
