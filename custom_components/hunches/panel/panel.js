customElements.define("hunches-panel", class extends HTMLElement {});
