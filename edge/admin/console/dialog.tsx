/** A modal dialog (the browser's own: it keeps the focus inside and closes on Escape), and two that are used often. */
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Button, Fault, useAction } from './parts.tsx';

export function Dialog(props: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={heading} onClose={props.onClose}>
      <h2 id={heading}>{props.title}</h2>
      {props.children}
    </dialog>
  );
}

/** Asks before something that cannot be taken back. */
export function Confirm(props: {
  readonly title: string;
  readonly verb: string;
  readonly children: ComponentChildren;
  readonly work: () => Promise<void>;
  readonly onClose: () => void;
}): JSX.Element {
  const { onClose } = props;
  const action = useAction(async () => {
    await props.work();
    onClose();
  });
  return (
    <Dialog title={props.title} onClose={onClose}>
      {props.children}
      {action.fault === null ? null : <Fault text={action.fault} />}
      <div class="buttons end">
        <Button onClick={onClose}>Cancel</Button>
        <Button look="danger" disabled={action.isBusy} onClick={action.run}>
          {action.isBusy ? 'Working…' : props.verb}
        </Button>
      </div>
    </Dialog>
  );
}

/** What fits into a line of the narrowest phone. */
const CHARACTERS_PER_LINE = 28;

/** A text to be taken elsewhere, with a button that copies it. */
export function CopyField(props: { readonly label: string; readonly text: string }): JSX.Element {
  const field = useRef<HTMLTextAreaElement>(null);
  const [isCopied, setCopied] = useState(false);
  const id = useId();
  const copy = async (): Promise<void> => {
    setCopied(await copyText(props.text, field.current));
  };
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <div class="copy">
        <textarea
          ref={field}
          rows={Math.ceil(props.text.length / CHARACTERS_PER_LINE)}
          id={id}
          class="code"
          readOnly
          value={props.text}
          onFocus={(event) => event.currentTarget.select()}
        />
        <Button icon="copy" label={`Copy ${props.label}`} onClick={() => void copy()}>
          {isCopied ? 'Copied' : 'Copy'}
        </Button>
      </div>
      <p class="quiet" role="status">
        {isCopied ? `${props.label} is in the clipboard.` : ''}
      </p>
    </div>
  );
}

/** The clipboard is only given to secure pages; elsewhere the text is selected, and the person copies it. */
async function copyText(text: string, field: HTMLTextAreaElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    field?.select();
    return false;
  }
}
