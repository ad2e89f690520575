/** The door: the admin key opens it, and is kept nowhere on this device. */
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { login } from './api.ts';
import { Button, Fault, useAction } from './parts.tsx';
import { Refused } from './request.ts';

/** A page before the login: the sign, what is said, what is to be filled in. */
export function Gate(props: {
  readonly title: string;
  readonly lead: ComponentChildren;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <main class="gate">
      <header>
        <img class="mark" src="/console.svg" alt="" />
        <h1>{props.title}</h1>
        <p class="quiet">{props.lead}</p>
      </header>
      <div class="card">{props.children}</div>
    </main>
  );
}

export function LoginPage({ hadSession }: { readonly hadSession: boolean }): JSX.Element {
  const [key, setKey] = useState('');
  const field = useId();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const action = useAction(async () => {
    try {
      await login(key.trim());
    } catch (error) {
      input.current?.select();
      if (error instanceof Refused && error.status === 401) {
        throw new Error('This is not the admin key of this box.', { cause: error });
      }
      throw error;
    }
  });
  return (
    <Gate title="helios box" lead={location.hostname}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          action.run();
        }}
      >
        {hadSession ? <p class="note">Your session has ended. Log in again to go on.</p> : null}
        <div class="field">
          <label for={field}>Admin key</label>
          <input
            ref={input}
            id={field}
            class="code"
            type="password"
            name="key"
            required
            autoComplete="current-password"
            autoCapitalize="none"
            spellcheck={false}
            aria-describedby={`${field}-note`}
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
          <p id={`${field}-note`} class="quiet small">
            It was shown when the box was set up, and lies in <span class="code">admin.key</span> on
            it. This page does not store it.
          </p>
        </div>
        {action.fault === null ? null : <Fault text={action.fault} />}
        <Button look="main" type="submit" disabled={action.isBusy}>
          {action.isBusy ? 'Checking…' : 'Log in'}
        </Button>
      </form>
    </Gate>
  );
}
