namespace Millrace.Training.Boosting;

/// <summary>Remembers the number of trees with the least validation loss, the first among equals.</summary>
/// <param name="patience">Trees without a better loss after which it is over; 0 for never, and then nothing is remembered.</param>
internal sealed class EarlyStop(int patience)
{
    private double _least = double.PositiveInfinity;

    /// <summary>Null when nothing was remembered: all trees stay.</summary>
    public int? Best { get; private set; }

    public bool IsOver(int trees, double loss)
    {
        if (patience == 0)
            return false;
        if (loss < _least)
            (_least, Best) = (loss, trees);
        return trees - (Best ?? 0) >= patience;
    }
}
