/// The words that generated texts are made of: mostly plain ones, some of several bytes a character.
enum WordList {
    /// The words as they stand inside a sentence.
    static let words: [String] =
        """
        the of and to in a is that for it as was with on by at from or an are this be not have which one all their
        river stone light window morning paper garden answer number question letter winter summer bridge market
        teacher captain neighbour machine signal pattern measure distance silence kitchen mountain village harbour
        carries holds turns keeps finds opens follows remembers builds crosses gathers explains returns begins
        small quiet early narrow bright heavy simple careful distant common gentle patient ordinary ancient
        slowly often almost always together perhaps again beyond between under without before after because
        café naïve résumé crème jalapeño Zürich smörgåsbord piñata façade über Ελλάδα мир вода 日本語 東京 言葉 한국어 🌊 🚀 👩‍🚀 🎉
        """
        .split { $0 == " " || $0 == "\n" }.map(String.init)

    /// The words as they begin a sentence.
    static let capitalised: [String] = words.map { $0.prefix(1).uppercased() + $0.dropFirst() }
}
