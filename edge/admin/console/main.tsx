/** Where the page begins. */
import { render } from 'preact';
import { App } from './app.tsx';
import { refreshOnReturn } from './resource.ts';

const place = document.getElementById('console');
if (place === null) throw new Error('the page has no place for the console');
refreshOnReturn();
place.replaceChildren();
render(<App />, place);
