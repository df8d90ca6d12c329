using Millrace.Training.Boosting;
using Millrace.Training.Linear;

namespace Millrace.Training;

/// <summary>The trainers that a project can name.</summary>
public static class Trainers
{
    /// <summary>All of them, the most general first.</summary>
    public static IReadOnlyList<ITrainer> All { get; } = [new GbdtTrainer(), new RidgeTrainer(), new LogisticTrainer(), new MeanTrainer()];

    /// <summary>The trainer of a name that learns a task.</summary>
    /// <param name="mistake">Null when it was found, else a sentence that lists what exists.</param>
    public static ITrainer? Find(string name, LearningTask task, out string? mistake)
    {
        var trainer = All.FirstOrDefault(t => t.Name == name);
        var able = string.Join(", ", All.Where(t => t.Tasks.Contains(task)).Select(t => t.Name));
        var word = task == LearningTask.Binary ? "binary" : "regression";
        mistake = trainer is null ? $"There is no trainer '{name}'. For the task {word} there are: {able}."
            : !trainer.Tasks.Contains(task) ? $"Trainer '{name}' does not learn the task {word}. For it there are: {able}."
            : null;
        return mistake is null ? trainer : null;
    }
}
