"""The ABIs that have a name here. They never change, as a stream's records name them.

A changed one has a new name. The names of parameters are those of the standards and of Uniswap's contracts,
without leading underscores.
"""

from __future__ import annotations

from collections.abc import Mapping

BUILTIN: Mapping[str, tuple[str, ...]] = {
    "erc20": (
        "Transfer(address indexed from,address indexed to,uint256 value)",
        "Approval(address indexed owner,address indexed spender,uint256 value)",
    ),
    "erc721": (
        "Transfer(address indexed from,address indexed to,uint256 indexed tokenId)",
        "Approval(address indexed owner,address indexed approved,uint256 indexed tokenId)",
        "ApprovalForAll(address indexed owner,address indexed operator,bool approved)",
    ),
    "erc1155": (
        "TransferSingle(address indexed operator,address indexed from,address indexed to,uint256 id,"
        "uint256 value)",
        "TransferBatch(address indexed operator,address indexed from,address indexed to,uint256[] ids,"
        "uint256[] values)",
        "ApprovalForAll(address indexed owner,address indexed operator,bool approved)",
        "URI(string value,uint256 indexed id)",
    ),
    "uniswap-v2": (
        "PairCreated(address indexed token0,address indexed token1,address pair,uint256 arg3)",
        "Mint(address indexed sender,uint256 amount0,uint256 amount1)",
        "Burn(address indexed sender,uint256 amount0,uint256 amount1,address indexed to)",
        "Swap(address indexed sender,uint256 amount0In,uint256 amount1In,uint256 amount0Out,"
        "uint256 amount1Out,address indexed to)",
        "Sync(uint112 reserve0,uint112 reserve1)",
    ),
    "uniswap-v3": (
        "PoolCreated(address indexed token0,address indexed token1,uint24 indexed fee,int24 tickSpacing,"
        "address pool)",
        "OwnerChanged(address indexed oldOwner,address indexed newOwner)",
        "FeeAmountEnabled(uint24 indexed fee,int24 indexed tickSpacing)",
        "Initialize(uint160 sqrtPriceX96,int24 tick)",
        "Mint(address sender,address indexed owner,int24 indexed tickLower,int24 indexed tickUpper,"
        "uint128 amount,uint256 amount0,uint256 amount1)",
        "Collect(address indexed owner,address recipient,int24 indexed tickLower,int24 indexed tickUpper,"
        "uint128 amount0,uint128 amount1)",
        "Burn(address indexed owner,int24 indexed tickLower,int24 indexed tickUpper,uint128 amount,"
        "uint256 amount0,uint256 amount1)",
        "Swap(address indexed sender,address indexed recipient,int256 amount0,int256 amount1,"
        "uint160 sqrtPriceX96,uint128 liquidity,int24 tick)",
        "Flash(address indexed sender,address indexed recipient,uint256 amount0,uint256 amount1,"
        "uint256 paid0,uint256 paid1)",
        "IncreaseObservationCardinalityNext(uint16 observationCardinalityNextOld,"
        "uint16 observationCardinalityNextNew)",
        "SetFeeProtocol(uint8 feeProtocol0Old,uint8 feeProtocol1Old,uint8 feeProtocol0New,"
        "uint8 feeProtocol1New)",
        "CollectProtocol(address indexed sender,address indexed recipient,uint128 amount0,uint128 amount1)",
    ),
}
