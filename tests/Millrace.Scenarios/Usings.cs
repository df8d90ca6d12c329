global using System.Globalization;
global using System.Text.Json.Nodes;
global using Xunit;

[assembly: AssemblyFixture(typeof(Millrace.Scenarios.FinishedProject))]
