/// A page that stands alone: its style and its script are inside, and it may fetch nothing.
package struct HTMLPage: Hashable, Sendable {
  /// What the window is called.
  package var title: String
  /// What stands at the top, beside the switch between light and dark.
  package var header: HTML
  /// The sections, in order.
  package private(set) var sections: [Section] = []
  /// What stands at the bottom.
  package var footer: HTML

  /// A part of a page that can be linked to.
  package struct Section: Hashable, Sendable {
    let anchor: String
    let title: String
    let note: String
    let content: HTML
  }

  /// A page without sections.
  package init(title: String, header: HTML, footer: HTML = HTML()) {
    self.title = title
    self.header = header
    self.footer = footer
  }

  /// Adds a section; `note` says in a sentence what there is to see.
  package mutating func append(
    _ anchor: String,
    title: String,
    note: String = "",
    _ content: HTML
  ) {
    sections.append(Section(anchor: anchor, title: title, note: note, content: content))
  }

  /// The whole document.
  ///
  /// By its policy a browser runs and applies nothing but the page's own script and style, whatever
  /// names in it may contain.
  package var document: String {
    let policy =
      "default-src 'none'; script-src \(Self.source(PageScript.text)); "
      + "style-src \(Self.source(PageStyle.text)); base-uri 'none'; form-action 'none'"
    let head: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8" />
      <meta http-equiv="Content-Security-Policy" content="\(HTML(markup: policy))" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="generator" content="Ballast" />
      <title>\(title)</title>
      <style>\(HTML(markup: PageStyle.text))</style>
      </head>

      """
    let body: HTML = """
      <body>
      <a class="skip" href="#main">Skip to the content</a>
      <header class="top"><div>\(header)</div>\
      <button type="button" id="theme" hidden="hidden">Dark mode</button></header>
      <nav aria-label="Sections">\(sections.map(\.link).joined(separator: " "))</nav>
      <main id="main">
      \(sections.map(\.html).joined(separator: "\n"))
      </main>
      <footer>\(footer)</footer>
      <script>\(HTML(markup: PageScript.text))</script>
      </body>
      </html>

      """
    return (head + body).text
  }

  /// How a policy names what stands in the page itself.
  private static func source(_ text: String) -> String {
    "'sha256-\(SHA256.hash(text.utf8).base64)'"
  }
}

extension HTMLPage.Section {
  fileprivate var link: HTML { "<a href=\"#\(anchor)\">\(title)</a>" }

  fileprivate var html: HTML {
    let note: HTML = note.isEmpty ? "" : "<p class=\"note\">\(note)</p>"
    return """
      <section id="\(anchor)" aria-labelledby="\(anchor)-title">
      <h2 id="\(anchor)-title">\(title)</h2>\(note)
      \(content)
      </section>
      """
  }
}
