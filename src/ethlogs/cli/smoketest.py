import click
@click.command()
def smoketest(): pass
