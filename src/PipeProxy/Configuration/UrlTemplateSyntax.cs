using System.Text;

namespace PipeProxy.Configuration;

/// <summary>Reads a URL template: literal text, <c>${...}</c>, and what is wrong with either.</summary>
/// <remarks>Grammar: <c>template = *( text / "${" expression "}" )</c>, <c>expression = name / ("encodeURIComponent" / "e") "(" expression ")"</c>.
/// <c>env.*</c> becomes literal text here, so what depends on a request is visible in the parts and can be kept out of the authority.</remarks>
internal sealed class UrlTemplateSyntax
{
    private static readonly (string Name, UrlTemplateSource Source)[] Names =
    [
        ("context.requestId", UrlTemplateSource.RequestId), ("url", UrlTemplateSource.Url), ("host", UrlTemplateSource.Host),
        ("hostname", UrlTemplateSource.Hostname), ("port", UrlTemplateSource.Port), ("pathname", UrlTemplateSource.Pathname),
        ("search", UrlTemplateSource.Search), ("method", UrlTemplateSource.Method), ("origin", UrlTemplateSource.Origin),
        ("protocol", UrlTemplateSource.Protocol),
    ];

    private readonly IReadOnlyCollection<string>? _parameters;
    private readonly IReadOnlyDictionary<string, string> _variables;
    private readonly ICollection<string> _problems;
    private readonly List<UrlTemplatePart> _parts = [];
    private readonly StringBuilder _resolved = new();
    private readonly StringBuilder _literal = new();

    private UrlTemplateSyntax(IReadOnlyCollection<string>? parameters, IReadOnlyDictionary<string, string> variables, ICollection<string> problems)
    {
        _parameters = parameters;
        _variables = variables;
        _problems = problems;
    }

    /// <summary>Reads <paramref name="text"/>.</summary>
    /// <param name="text">As the user wrote it.</param>
    /// <param name="kind">Which option it is.</param>
    /// <param name="parameters">Names that the route's path gives; null when the path itself is wrong, then every name is taken.</param>
    /// <param name="variables">Values of <c>env.*</c>.</param>
    /// <param name="problems">Takes what is wrong, without a subject.</param>
    /// <returns>The parts, or null when there were problems.</returns>
    internal static UrlTemplateParts? Parse(
        string text,
        UrlTemplateKind kind,
        IReadOnlyCollection<string>? parameters,
        IReadOnlyDictionary<string, string> variables,
        ICollection<string> problems)
    {
        var known = problems.Count;
        if (EnvironmentSelector.NameInside(text) is { } selected)
        {
            problems.Add($"has $env({selected}), which is not filled in inside a URL; write ${{env.{selected}}}");
            return null;
        }

        var syntax = new UrlTemplateSyntax(parameters, variables, problems);
        syntax.ReadParts(text);
        return problems.Count > known ? null : UrlTemplateTarget.Split(syntax._parts, syntax._resolved.ToString(), kind, problems);
    }

    private void ReadParts(string text)
    {
        var at = 0;
        while (text.IndexOf("${", at, StringComparison.Ordinal) is var open and >= 0)
        {
            AddLiteral(text[at..open]);
            var close = CloseOf(text, open + 2);
            if (close < 0)
            {
                _problems.Add($"has {text[open..]} without its closing brace");
                return;
            }

            ReadExpression(text[(open + 2)..close].Trim(), isComponent: false);
            at = close + 1;
        }

        AddLiteral(text[at..]);
        FlushLiteral();
    }

    /// <summary>A brace inside a quoted field name does not close.</summary>
    private static int CloseOf(string text, int at)
    {
        var quote = '\0';
        for (; at < text.Length; at++)
        {
            var c = text[at];
            if (quote == '\0' && c == '}')
            {
                return at;
            }

            if (quote == '\0' && (c is '"' or '\''))
            {
                quote = c;
            }
            else if (c == quote)
            {
                quote = '\0';
            }
        }

        return -1;
    }

    private void ReadExpression(string expression, bool isComponent)
    {
        if ((Argument(expression, "encodeURIComponent") ?? Argument(expression, "e")) is { } inner)
        {
            ReadExpression(inner, isComponent: true);
        }
        else if (expression.StartsWith("env.", StringComparison.Ordinal))
        {
            AddVariable(expression[4..], isComponent);
        }
        else if (expression.StartsWith("params.", StringComparison.Ordinal))
        {
            AddParameter(expression["params.".Length..], isComponent);
        }
        else if (expression.StartsWith("query.", StringComparison.Ordinal) && expression.Length > "query.".Length)
        {
            AddValue(UrlTemplateSource.Query, expression["query.".Length..], expression, isComponent);
        }
        else if (Argument(expression, "headers.get") is { } quoted)
        {
            AddHeader(quoted, expression, isComponent);
        }
        else if (Array.Find(Names, n => n.Name == expression) is { Name: not null } name)
        {
            AddValue(name.Source, name.Name, expression, isComponent);
        }
        else
        {
            var names = Names.Select(n => n.Name).Concat((_parameters ?? []).Select(p => $"params.{p}")).Concat(_variables.Keys.Select(v => $"env.{v}"));
            _problems.Add($"has ${{{expression}}}, which is not a known name{NearestName.Suggest(expression, names)}"
                + $" (known are env.NAME, params.NAME, query.NAME, headers.get(\"NAME\"), {string.Join(", ", Names.Select(n => n.Name))}, encodeURIComponent(...) and e(...))");
        }
    }

    /// <summary>What stands between the parentheses when <paramref name="expression"/> is a call of <paramref name="function"/>.</summary>
    private static string? Argument(string expression, string function)
        => expression.StartsWith(function, StringComparison.Ordinal) && expression[function.Length..].Trim() is ['(', .. var argument, ')'] ? argument.Trim() : null;

    private void AddVariable(string name, bool isComponent)
    {
        if (!_variables.TryGetValue(name, out var value))
        {
            _problems.Add($"uses ${{env.{name}}}, but the environment variable {name} is not defined; set it, or name a file that does with --env-file{NearestName.Suggest(name, _variables.Keys)}");
        }
        else if (value.Contains("${", StringComparison.Ordinal))
        {
            _problems.Add($"uses ${{env.{name}}}, whose value holds a template of its own; a variable's value is plain text");
        }
        else
        {
            AddLiteral(isComponent ? Uri.EscapeDataString(value) : value);
        }
    }

    private void AddParameter(string name, bool isComponent)
    {
        if (_parameters is null || _parameters.Contains(name))
        {
            AddValue(UrlTemplateSource.Parameter, name, $"params.{name}", isComponent);
            return;
        }

        var known = _parameters.Count == 0 ? "it has none" : $"it has {string.Join(", ", _parameters)}";
        _problems.Add($"uses ${{params.{name}}}, but the route's path has no such parameter ({known}){NearestName.Suggest(name, _parameters)}");
    }

    private void AddHeader(string quoted, string expression, bool isComponent)
    {
        // token: RFC 9110 section 5.6.2
        var name = quoted is ['"', .., '"'] or ['\'', .., '\''] ? quoted[1..^1] : "";
        if (name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal)))
        {
            AddValue(UrlTemplateSource.Header, name.ToLowerInvariant(), expression, isComponent);
            return;
        }

        _problems.Add($"has ${{{expression}}}; write ${{headers.get(\"NAME\")}} with a field's name in quotes");
    }

    private void AddValue(UrlTemplateSource source, string name, string expression, bool isComponent)
    {
        FlushLiteral();
        _parts.Add(new UrlTemplatePart(source, name, isComponent));
        _resolved.Append("${").Append(isComponent ? $"e({expression})" : expression).Append('}');
    }

    private void AddLiteral(string text)
    {
        _literal.Append(text);
        _resolved.Append(text);
    }

    private void FlushLiteral()
    {
        if (_literal.Length > 0)
        {
            _parts.Add(new UrlTemplatePart(UrlTemplateSource.Literal, _literal.ToString()));
            _literal.Clear();
        }
    }
}
