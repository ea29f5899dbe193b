import BallastReport
import Foundation
import Testing

@Suite struct HTMLPageTests {
  private func page() -> HTMLPage {
    var page = HTMLPage(title: "<title>", header: "<h1>\("a & b")</h1>", footer: "end")
    page.append("one", title: "One & only", note: "\"quoted\"", "<p>x</p>")
    page.append("two", title: "Two", "<p>y</p>")
    return page
  }

  @Test func sectionsAreLinkedAndNamed() {
    let document = page().document
    #expect(document.hasPrefix("<!DOCTYPE html>\n"))
    #expect(document.contains("<title>&lt;title&gt;</title>"))
    #expect(document.contains("<a href=\"#one\">One &amp; only</a> <a href=\"#two\">Two</a>"))
    #expect(document.contains("<section id=\"one\" aria-labelledby=\"one-title\">"))
    #expect(document.contains("<p class=\"note\">&quot;quoted&quot;</p>"))
    #expect(document == page().document)
  }

  @Test func nothingIsFetched() {
    let document = page().document
    #expect(document.contains("default-src 'none'"))
    for word in ["http:", "https:", "//", "url(", "@import", "src=", "style=", "onclick", "unsafe"]
    {
      let found = document.components(separatedBy: word).count - 1
      // The script has comments.
      let comments = word == "//" ? PageScript.text.components(separatedBy: "//").count - 1 : 0
      #expect(found == comments, "\(word)")
    }
  }

  @Test func scriptAndStyleCannotEndEarly() {
    #expect(!PageScript.text.contains("<") && !PageScript.text.contains("&"))
    #expect(!PageStyle.text.contains("<") && !PageStyle.text.contains("&"))
  }
}
